#include "kernel/arch/x86_64/apic.h"

#include "kernel/arch/machine.h"
#include "kernel/arch/x86_64/msr.h"
#include "kernel/mm/kernel_space.h"

namespace caponier::arch {
namespace {

// Local APIC registers [intel-sdm] vol. 3A table 11-1; I/O APIC registers [ioapic] 3.0.
constexpr u32 kEoi = 0xb0, kSpurious = 0xf0, kTimerEntry = 0x320, kTimerInitial = 0x380, kTimerCurrent = 0x390,
              kTimerDivide = 0x3e0;
constexpr u32 kDivideBy1 = 0xb, kMasked = 1 << 16, kApicEnabled = 1 << 8;
constexpr PhysAddr kIoApic{0xfec0'0000};
constexpr u32 kLevelTriggered = 1 << 15;

volatile u32* g_local;
volatile u32* g_io;
bool g_reference_running;

u32 Read(u32 offset) { return g_local[offset / 4]; }
void Write(u32 offset, u32 value) { g_local[offset / 4] = value; }
void WriteIo(u32 index, u32 value) {
  g_io[0] = index;
  g_io[4] = value;
}

}  // namespace

Result<void> InitApic() {
  const PhysAddr local{ReadMsr(kMsrApicBase) & 0x000f'ffff'ffff'f000};
  g_local = reinterpret_cast<volatile u32*>(TRY(mm::MapDevice("local APIC", local, kPageSize)).begin);
  g_io = reinterpret_cast<volatile u32*>(TRY(mm::MapDevice("I/O APIC", kIoApic, kPageSize)).begin);
  Write(kSpurious, kApicEnabled | kSpuriousVector);
  Write(kTimerDivide, kDivideBy1);
  Write(kTimerEntry, kMasked | kTimerVector);
  Write(kTimerInitial, ~0u);
  g_reference_running = true;
  return {};
}

void AcknowledgeInterrupt() { Write(kEoi, 0); }

u32 ReferenceNsLeft() { return Read(kTimerCurrent); }

void EnableDeviceInterrupt(u32 line) {
  if (line >= kDeviceVectors) __builtin_trap();
  WriteIo(0x11 + 2 * line, 0);  // to APIC 0
  WriteIo(0x10 + 2 * line, static_cast<u32>(kFirstDeviceVector + line) | kLevelTriggered);
}

void SetTimer(u64 deadline_ns) {
  if (g_reference_running) {
    CounterScale();  // calibrates for good before the reference is lost
    g_reference_running = false;
    Write(kTimerEntry, kTimerVector);
  }
  if (deadline_ns == kNoDeadline) {
    Write(kTimerInitial, 0);
    return;
  }
  const u64 now = NowNs();
  const u64 left = deadline_ns > now ? deadline_ns - now : 1;
  Write(kTimerInitial, left < 0xffff'ffff ? static_cast<u32>(left) : 0xffff'ffff);  // an early interrupt is only looked at again
}

}  // namespace caponier::arch
