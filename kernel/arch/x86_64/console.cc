// The serial port, for what must be said when nothing else works, and the ways to end the machine.
#include "kernel/arch/machine.h"

namespace caponier::arch {
namespace {

constexpr u16 kSerial = 0x3f8, kDebugExit = 0xf4;

void Out8(u16 port, u8 value) { asm volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }

}  // namespace

void EarlyConsoleWrite(std::string_view text) {
  for (const char c : text) Out8(kSerial, static_cast<u8>(c));
}

void PowerOff() {
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
