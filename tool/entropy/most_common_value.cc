#include "tool/entropy/most_common_value.h"

#include <algorithm>
#include <array>

#include "tool/entropy/confidence.h"

namespace caponier::tool::entropy {
namespace {

double FromCount(u64 most, u64 n) {
  const auto total = static_cast<double>(n);
  return MinEntropy(UpperBound(static_cast<double>(most) / total, total, kZAlpha));
}

}  // namespace

double MostCommonValue(std::span<const u8> symbols, unsigned alphabet) {
  std::array<u64, 256> counts{};
  for (const u8 symbol : symbols) counts[symbol]++;
  return FromCount(*std::max_element(counts.begin(), counts.begin() + alphabet), symbols.size());
}

double MostCommonValue(const BitString& bits) {
  const u64 ones = bits.CountOnes();
  return FromCount(std::max(ones, bits.size() - ones), bits.size());
}

}  // namespace caponier::tool::entropy
