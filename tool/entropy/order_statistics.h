// Statistics of the order that samples come in, for the permutation tests. [sp800-90b] 5.1
#pragma once

#include <span>
#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

// A sequence of two values: how many runs of equal ones, how long the longest, how many ones.
struct Runs {
  u64 count = 0, longest = 0, ones = 0;
  bool operator==(const Runs&) const = default;
};

// 5.1.1: the greatest distance of a partial sum from what the mean makes one expect.
double Excursion(std::span<const u8> data, double mean);
// 5.1.2 to 5.1.4: ones where a sample is not less than the one before. At least two samples.
Runs DirectionalRuns(std::span<const u8> data);
// 5.1.5 and 5.1.6: ones where a sample is at least `limit`.
Runs MedianRuns(std::span<const u8> data, u8 limit);
// 5.1.9: how many samples equal the one `lag` before.
u64 Periodicity(std::span<const u8> data, size_t lag);
// 5.1.10: the sum of the products of samples `lag` apart.
u64 Covariance(std::span<const u8> data, size_t lag);

// Of a sequence of `size` values that are given by 64, the first one lowest. Those beyond `size` do not matter.
Runs CountRuns(size_t size, const std::vector<u64>& values);

}  // namespace caponier::tool::entropy
