// The ten estimators of [sp800-90b] 6.3 on one data set: symbols as they are, or the string of all their bits.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "tool/entropy/bit_string.h"
#include "tool/entropy/samples.h"

namespace caponier::tool::entropy {

enum class Estimator { kMostCommonValue, kCollision, kMarkov, kCompression, kTTuple, kLrs, kMultiMcw, kLag, kMultiMmc, kLz78y };
inline constexpr size_t kEstimators = 10;

struct EstimatorName {
  std::string_view name, key;  // for people; for JSON
  std::string_view section;
};
inline constexpr std::array<EstimatorName, kEstimators> kEstimatorNames{{
    {"Most common value", "most_common_value", "6.3.1"},
    {"Collision", "collision", "6.3.2"},
    {"Markov", "markov", "6.3.3"},
    {"Compression", "compression", "6.3.4"},
    {"t-Tuple", "t_tuple", "6.3.5"},
    {"Longest repeated substring", "lrs", "6.3.6"},
    {"MultiMCW prediction", "multi_mcw", "6.3.7"},
    {"Lag prediction", "lag", "6.3.8"},
    {"MultiMMC prediction", "multi_mmc", "6.3.9"},
    {"LZ78Y prediction", "lz78y", "6.3.10"},
}};

struct Estimates {
  std::array<std::optional<double>, kEstimators> of;  // nothing: does not apply to the alphabet, or too little data
  std::optional<double>& operator[](Estimator e) { return of[static_cast<size_t>(e)]; }
  const std::optional<double>& operator[](Estimator e) const { return of[static_cast<size_t>(e)]; }
  // The least, and at most `ceiling`.
  double Least(double ceiling) const;
};

// Work to be run, on data that must outlive it; the results go to `out`.
using Tasks = std::vector<std::function<void()>>;
// `bits` is the whole data set: of two symbols, or of the bits of wider ones.
void AddBitEstimators(const BitString& bits, Estimates& out, Tasks& tasks);
// For three and more symbols. `packed` is the same data in symbols of `width` bits.
void AddSymbolEstimators(std::span<const u8> symbols, unsigned alphabet, const BitString& packed, unsigned width, Estimates& out,
                         Tasks& tasks);

}  // namespace caponier::tool::entropy
