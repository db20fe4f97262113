// The continuous health tests of a source and its start-up test [sp800-90b] 4.3: they notice when a source that was assessed at H bits of
// min-entropy a sample has come to give much less. They find broken noise. They cannot find noise that somebody else knows, so
// passing them earns no credit: it only keeps the credit that the source's profile grants.
//
// Each test has its false alarm bounded by alpha for whatever noise has H bits a sample given all before it; none knows more of the source
// than H. How many samples each takes to notice what is `caponier entropy simulate latency`.
#pragma once

#include "lib/entropy/drift.h"
#include "lib/entropy/period.h"
#include "lib/entropy/source.h"
#include "lib/entropy/standard_tests.h"

namespace caponier::entropy {

inline constexpr u32 kStartupSamples = 1024;  // the least that [sp800-90b] 4.3 allows

struct HealthLimits : StandardLimits {
  PeriodLimits period;
};

consteval HealthLimits LimitsFor(EntropyRate per_sample) { return {StandardLimitsFor(per_sample), PeriodLimitsFor(per_sample)}; }

// All tests and the start-up state. A failure stays until Restart(), after which the source must pass start-up again.
class HealthTests {
 public:
  constexpr explicit HealthTests(HealthLimits limits, u32 startup_samples = kStartupSamples)
      : limits_(limits), startup_samples_(startup_samples) {}

  constexpr void Feed(u64 sample) {
    samples_++;
    const bool repetition = repetition_.Passes(sample);
    const bool proportion = proportion_.Passes(sample);
    const bool drift = drift_.Passes(sample);
    const bool period = period_.Passes(sample);
    if (!repetition || !proportion || !drift || !period) failed_ = true;
  }
  // A test that only this source has found a fault.
  constexpr void Fail() { failed_ = true; }
  constexpr void Restart() { *this = HealthTests(limits_, startup_samples_); }

  constexpr u64 samples() const { return samples_; }  // since the last restart
  constexpr SourceStatus status() const {
    if (failed_) return SourceStatus::kFailed;
    if (samples_ == 0) return SourceStatus::kAbsent;
    return samples_ < startup_samples_ ? SourceStatus::kStarting : SourceStatus::kHealthy;
  }

 private:
  HealthLimits limits_;
  u32 startup_samples_;
  RepetitionCountTest repetition_{limits_.repetition};
  AdaptiveProportionTest proportion_{limits_.window, limits_.proportion};
  DriftTest drift_{limits_};
  PeriodTest period_{limits_.period};
  u64 samples_ = 0;
  bool failed_ = false;
};

}  // namespace caponier::entropy
