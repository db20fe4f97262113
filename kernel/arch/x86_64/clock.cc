// Time from the time-stamp counter. Its rate is not stated by the emulator, so it is measured against the APIC timer, whose rate is
// (1 ns a count under QEMU and KVM), over the whole span between the machine's start and the first use of that timer for a deadline;
// under KVM the paravirtual clock states it exactly.
#include "kernel/arch/machine.h"
#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/features.h"

namespace caponier::arch {
namespace {

constexpr u32 kShift = 32;
constexpr u64 kShortestSpanNs = 500'000;

struct Sample {
  u64 counter;
  u32 left;
};

ClockScale g_scale;
Sample g_start;
bool g_calibrated;

// The tightest of a few readings of both clocks: the one whose two counter readings lie closest.
Sample TakeSample() {
  Sample best{};
  u64 best_gap = ~u64{0};
  for (int i = 0; i < 6; i++) {
    const u64 before = CycleCounter();
    const u32 left = ReferenceNsLeft();
    const u64 after = CycleCounter();
    if (after - before >= best_gap) continue;
    best_gap = after - before;
    best = {before + (after - before) / 2, left};
  }
  return best;
}

void Calibrate() {
  Sample end = TakeSample();
  while (g_start.left - end.left < kShortestSpanNs) end = TakeSample();
  const u64 ns = g_start.left - end.left, counts = end.counter - g_start.counter;
  const u64 now_ns = NowNs();
  g_scale = {.base_counter = CycleCounter(),
             .base_ns = now_ns,
             .mult = static_cast<u64>((static_cast<unsigned __int128>(ns) << kShift) / counts),
             .shift = kShift};
  g_calibrated = true;
}

}  // namespace

Result<void> InitInterrupts() {
  TRY(InitApic());
  g_start = TakeSample();
  g_scale = {.base_counter = g_start.counter, .base_ns = 0, .mult = u64{1} << kShift, .shift = kShift};  // 1 GHz until measured
  return {};
}

ClockScale CounterScale() {
  if (!g_calibrated) Calibrate();
  return g_scale;
}

// Not part of what is compiled for size, where the shift would be a call.
[[gnu::noinline]] u64 NowNs() { return g_scale.base_ns + g_scale.Nanoseconds(CycleCounter() - g_scale.base_counter); }

}  // namespace caponier::arch
