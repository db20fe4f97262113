// The generic timer [arm-arm] D11: the virtual counter for time, the virtual timer for the one-shot interrupt. Both tick at the rate
// CNTFRQ_EL0 states.
#include "kernel/arch/aarch64/clock.h"

#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/machine.h"

namespace caponier::arch {
namespace {

constexpr u64 kNsPerSecond = 1'000'000'000;
constexpr u64 kTimerEnable = 1, kTimerMasked = 2;  // CNTV_CTL_EL0

ClockScale g_scale;
u64 g_ticks_per_ns;  // 32.32 fixed point, rounded up: a deadline is never early

u64 Counter() {
  u64 value;
  asm volatile("isb; mrs %0, cntvct_el0" : "=r"(value)::"memory");
  return value;
}

}  // namespace

bool InitClock() {
  const u64 frequency = CAPONIER_READ("cntfrq_el0");
  if (frequency == 0 || frequency >= u64{4} * kNsPerSecond) return false;
  g_scale.base_counter = Counter();
  // ns per tick as mult / 2^shift, to 2^-32; exact when the rate divides a power of two times 10^9, as 62.5 MHz and 1 GHz do.
  g_scale.mult = (kNsPerSecond << 32) / frequency;
  g_scale.shift = 32;
  while (g_scale.shift > 0 && (g_scale.mult & 1) == 0) {
    g_scale.mult >>= 1;
    g_scale.shift--;
  }
  g_ticks_per_ns = (frequency << 32) / kNsPerSecond + 1;
  // The program may read the virtual counter, and WFE wakes at about 10 kHz from the event stream, as Linux sets it (EVTSTRM).
  constexpr u64 kUserVirtualCounter = 1u << 1, kEventEnable = 1u << 2;
  u64 event_bit = 0;
  while (event_bit < 15 && frequency >> (event_bit + 1) >= 10'000) event_bit++;
  CAPONIER_WRITE("cntkctl_el1", kUserVirtualCounter | kEventEnable | event_bit << 4);
  CAPONIER_WRITE("cntv_ctl_el0", kTimerMasked);
  InstructionBarrier();
  return true;
}

void StopTimer() {
  CAPONIER_WRITE("cntv_ctl_el0", kTimerMasked);
  InstructionBarrier();
}

// Not part of what is compiled for size, where the shift would be a call.
[[gnu::noinline]] u64 NowNs() { return g_scale.base_ns + g_scale.Nanoseconds(Counter() - g_scale.base_counter); }

ClockScale CounterScale() { return g_scale; }

void SetTimer(u64 deadline_ns) {
  if (deadline_ns == kNoDeadline) {
    StopTimer();
    return;
  }
  constexpr u64 kFarthest = u64{1} << 60;  // about 36 years: keeps the compare value from wrapping
  const u64 now = NowNs();
  u64 ahead = deadline_ns > now ? deadline_ns - now : 0;
  if (ahead > kFarthest) ahead = kFarthest;
  CAPONIER_WRITE("cntv_cval_el0", Counter() + ClockScale::MulShift(ahead, g_ticks_per_ns, 32) + 1);
  CAPONIER_WRITE("cntv_ctl_el0", kTimerEnable);
  InstructionBarrier();
}

}  // namespace caponier::arch
