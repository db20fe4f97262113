// The serial port, for what must be said when nothing else works, and the ways to end the machine.
#include "kernel/arch/machine.h"
#include "kernel/boot/x86_64/ports.h"

namespace caponier::arch {
namespace {

// The 16550's data and line status: the next byte may be written, and all are out. Where there is none, all bits are set.
constexpr u16 kSerial = 0x3f8, kLineStatus = kSerial + 5, kDebugExit = 0xf4;
constexpr u8 kMayWrite = 1u << 5, kAllOut = 1u << 6;

// An emulator whose reader is behind takes bytes no faster than it reads. One that never reads must not keep the machine from its end.
void AwaitSerial(u8 state) {
  static u32 patience = 1u << 25;  // looks, of all waiting together: some seconds
  while ((boot::In8(kLineStatus) & state) == 0 && patience != 0) patience--;
}

void Out8(u16 port, u8 value) { asm volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }

}  // namespace

void EarlyConsoleWrite(std::string_view text) {
  for (const char c : text) {
    AwaitSerial(kMayWrite);
    Out8(kSerial, static_cast<u8>(c));
  }
}

void PowerOff() {
  AwaitSerial(kAllOut);
  Out8(kDebugExit, 0);  // QEMU's isa-debug-exit; elsewhere nothing listens there
  Out8(0x64, 0xfe);     // the keyboard controller's reset line, which VMMs take as the end
  // A fault without a handler for it shuts the processor down.
  struct [[gnu::packed]] {
    u16 limit = 0;
    u64 base = 0;
  } none;
  asm volatile("lidt %0; ud2" ::"m"(none));
  __builtin_unreachable();
}

}  // namespace caponier::arch
