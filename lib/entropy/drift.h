// A health test of our own [sp800-90b] 4.5, for noise that drifts: its value wanders further than its noise is wide, so that no value comes often
// and none twice in a row, and both tests of the standard pass, though the next value is the last one and a little. A counter is the
// extreme: no entropy, and every value as frequent as any other.
//
// It puts the steps from sample to sample through both tests of the standard, with the same cut-offs: given all before, a sample of H bits takes
// any one value with chance 2^-H at most, and so does its distance from the last.
#pragma once

#include "lib/entropy/standard_tests.h"

namespace caponier::entropy {

class DriftTest {
 public:
  constexpr explicit DriftTest(const StandardLimits& limits)
      : repetition_(limits.repetition), proportion_(limits.window, limits.proportion) {}
  constexpr bool Passes(u64 sample) {
    const u64 step = sample - last_;  // may be negative: any two equal steps are equal words
    last_ = sample;
    const bool repetition = repetition_.Passes(step), proportion = proportion_.Passes(step);
    return repetition && proportion;
  }

 private:
  RepetitionCountTest repetition_;
  AdaptiveProportionTest proportion_;
  u64 last_ = 0;
};

}  // namespace caponier::entropy
