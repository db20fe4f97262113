// What the two timing sources have in common: a sample is the time between two events, in counts of the machine's fastest clock.
//
// Credit is zero, by rule and not by test. Such noise is as good as the clock: on real hardware its low bits are hard to predict; on
// an emulated machine whose clock counts instructions (QEMU's -icount) every boot gives the same samples, and looks no
// different from inside. A guest cannot tell which machine it is on, an assessment holds for the machine that it was made on
// only (docs/assessment.md has some), and statistics of replayed noise are perfect. So timing is mixed in, where it can only
// help, and a machine that has nothing else does not start.
//
// The tests run all the same, and say in the report what the noise looks like: the two of [sp800-90b] 4.4 on the low byte, at a rate
// far below what was measured, and one of our own [sp800-90b] 4.5 for what they miss, a clock that runs away evenly: a
// sample is stuck when it, or its first or second difference, is what it was before. A clock that steps, drifts or accelerates evenly
// gives nothing but stuck samples.
#pragma once

#include "lib/entropy/health.h"

namespace caponier::entropy {

inline constexpr EntropyRate kTimingTestRate{100};  // a tenth of a bit a sample: false alarms are rarer than 2^-30 there

class StuckTest {
 public:
  // False when a window of 1,024 samples holds more than nine stuck ones in ten.
  constexpr bool Passes(u64 sample) {
    const u64 first = sample - last_, second = first - last_first_;
    if (first == 0 || second == 0 || second == last_second_) stuck_++;
    last_ = sample;
    last_first_ = first;
    last_second_ = second;
    if (++seen_ < kStartupSamples) return true;
    const bool passes = stuck_ <= kMostStuck;
    seen_ = stuck_ = 0;
    return passes;
  }

 private:
  static constexpr u32 kMostStuck = kStartupSamples * 9 / 10;
  u64 last_ = 0, last_first_ = 0, last_second_ = 0;
  u32 seen_ = 0, stuck_ = 0;
};

class TimingTests {
 public:
  constexpr void Feed(u64 sample) {
    if (!stuck_.Passes(sample)) tests_.Fail();
    tests_.Feed(sample & 0xff);
  }
  constexpr SourceStatus status() const { return tests_.status(); }
  constexpr void Restart() { *this = TimingTests(); }

 private:
  HealthTests tests_{LimitsFor(kTimingTestRate)};
  StuckTest stuck_;
};

}  // namespace caponier::entropy
