// [sp800-90b] 5.1: the permutation tests of the IID claim. Nineteen statistics of the data are compared with those of the same data
// shuffled, up to ten thousand times; data in which order means nothing ranks anywhere among them.
#pragma once

#include <array>
#include <bitset>
#include <functional>
#include <string_view>
#include <vector>

#include "lib/base/types.h"
#include "tool/entropy/samples.h"

namespace caponier::tool::entropy {

inline constexpr size_t kStatistics = 19;
inline constexpr std::array<std::string_view, kStatistics> kStatisticNames{
    "excursion",          "directional_runs",  "longest_directional_run", "increases_decreases", "median_runs",
    "longest_median_run", "average_collision", "maximum_collision",       "periodicity_1",       "periodicity_2",
    "periodicity_8",      "periodicity_16",    "periodicity_32",          "covariance_1",        "covariance_2",
    "covariance_8",       "covariance_16",     "covariance_32",           "compression"};
inline constexpr size_t kCompressionStatistic = 18;

using StatisticSet = std::bitset<kStatistics>;
using StatisticValues = std::array<double, kStatistics>;

// Computes them for any arrangement of the same samples.
class PermutationStatistics {
 public:
  explicit PermutationStatistics(const Samples& samples);
  // Those in `wanted`; the others are 0. `raw` is a permutation of the samples.
  StatisticValues Compute(std::span<const u8> raw, StatisticSet wanted) const;

 private:
  void Directional(std::span<const u8> data, StatisticSet wanted, StatisticValues& out) const;
  void Collisions(std::span<const u8> data, StatisticSet wanted, StatisticValues& out) const;

  std::array<u8, 256> number_{};  // of a raw symbol, among two
  bool binary_;
  double mean_ = 0;
  u8 from_median_ = 0;  // the least raw symbol that is not below the median
};

struct PermutationRank {
  double value = 0;                      // of the data as they are
  u32 greater = 0, equal = 0, less = 0;  // shuffled data with a greater, equal or smaller value than they
  bool judged = true;                    // false: not looked at, since others had failed
  // More than five on either side: nothing more to be found out.
  bool decided() const { return greater + equal > 5 && equal + less > 5; }
};

struct PermutationResult {
  std::array<PermutationRank, kStatistics> ranks;
  bool passed = false;
};

inline constexpr u32 kPermutations = 10000;

// Each permutation's randomness depends on the seed and its number only, so the result does not depend on how many processors there
// are. A statistic is done when it is decided, as in NIST's tool. Compression, which takes longer than all others together, is
// looked at last, and not at all when another statistic has failed: the claim is then refuted. `progress` is told how many of
// `kPermutations` are done.
PermutationResult TestPermutations(const Samples& samples, u64 seed, u32 permutations = kPermutations,
                                   const std::function<void(u32 done)>& progress = nullptr);

}  // namespace caponier::tool::entropy
