// [sp800-90b] 5: whether the samples may be called independent and identically distributed.
#pragma once

#include <functional>
#include <optional>

#include "tool/entropy/chi_square.h"
#include "tool/entropy/longest_repeat.h"
#include "tool/entropy/permutation.h"
#include "tool/entropy/samples.h"

namespace caponier::tool::entropy {

struct IidAssessment {
  double h_original = 0;              // a sample: the most common value estimate, the only one for IID data (6.1)
  std::optional<double> h_bitstring;  // a bit; not for two symbols
  double h_assessed = 0;
  ChiSquare independence, goodness_of_fit;
  LongestRepeat longest_repeat;
  PermutationResult permutations;
  bool passed() const {
    return independence.passed() && goodness_of_fit.passed() && longest_repeat.passed && permutations.passed;
  }
};

// At least two symbols.
IidAssessment AssessIid(const Samples& samples, u64 seed, u32 permutations = kPermutations,
                        const std::function<void(u32 done)>& progress = nullptr);

}  // namespace caponier::tool::entropy
