#include "tool/entropy/compression.h"

#include <array>
#include <cmath>
#include <vector>

#include "tool/entropy/confidence.h"
#include "tool/entropy/search.h"

namespace caponier::tool::entropy {
namespace {

constexpr unsigned kBlockBits = 6;
constexpr unsigned kBlocks = 1u << kBlockBits;

// How far back each block after the dictionary's was last seen, counted by the distance. One never seen counts as seen before the first.
std::vector<u32> CountDistances(const BitString& bits, u64 dictionary, u64 blocks) {
  std::vector<u32> distances(blocks + 1);
  std::array<u64, kBlocks> last{};  // one more than the index
  for (u64 i = 0; i < blocks; i++) {
    const auto block = static_cast<unsigned>(bits.Window(i * kBlockBits) >> (64 - kBlockBits));
    if (i >= dictionary) distances[i + 1 - last[block]]++;
    last[block] = i + 1;
  }
  return distances;
}

// The function G of step 7: the expected mean of log2 of the distances, when a block's probability is z,
//   G(z) = 1/v sum_{t=d+1..L} sum_{u=1..t} log2(u) F(z,t,u),  F = z^2 (1-z)^(u-1) for u < t, z (1-z)^(t-1) for u = t.
// With a_u = log2(u) (1-z)^(u-1), the first kind of terms comes (L-max(u,d)) times and the second once for each t > d, so one
// pass over u is enough. Terms that cannot change the sum any more are left out.
class ExpectedMean {
 public:
  ExpectedMean(u64 dictionary, u64 blocks) : dictionary_(dictionary), blocks_(blocks) {}

  double operator()(double z) {
    const auto q = static_cast<double>(1 - static_cast<long double>(z));
    const auto v = static_cast<double>(blocks_ - dictionary_);
    double power = q, early = 0, late = 0, ends = 0;  // `early`: sum of a_u up to d
    for (u64 u = 2; u <= dictionary_; u++) {
      early += Log2(u) * power;
      power *= q;
    }
    for (u64 u = dictionary_ + 1; u <= blocks_; u++) {
      const double term = Log2(u) * power;
      const double weighted = static_cast<double>(blocks_ - u) * term;
      late += weighted;
      ends += term;
      power *= q;
      // What is left is less than term / z: nothing beside what is there.
      if (weighted < 1e-22 * z * (late + early) || power == 0) break;
    }
    return 1 / v * z * (z * (late + v * early) + ends);
  }

 private:
  double Log2(u64 u) {
    for (u64 i = logs_.size(); i <= u; i++) logs_.push_back(std::log2(static_cast<double>(i)));
    return logs_[u];
  }

  u64 dictionary_, blocks_;
  std::vector<double> logs_{0, 0};  // grows as far as the terms matter
};

}  // namespace

std::optional<double> Compression(const BitString& bits, u64 dictionary) {
  const u64 blocks = bits.size() / kBlockBits;
  if (blocks <= dictionary) return std::nullopt;
  const std::vector<u32> distances = CountDistances(bits, dictionary, blocks);
  const auto v = static_cast<double>(blocks - dictionary);
  double sum = 0, squares = 0;
  for (u64 d = 1; d < distances.size(); d++) {
    if (distances[d] == 0) continue;
    const double log = std::log2(static_cast<double>(d)), count = static_cast<double>(distances[d]);
    sum += count * log;
    squares += count * log * log;
  }
  const double mean = sum / v;
  const double deviation = 0.5907 * std::sqrt(squares / (v - 1) - mean * mean);
  const double bound = mean - kZAlpha * deviation / std::sqrt(v);

  ExpectedMean expected(dictionary, blocks);
  const auto f = [&](double p) { return expected(p) + (kBlocks - 1.0) * expected((1 - p) / (kBlocks - 1.0)); };
  constexpr double kUniform = 1.0 / kBlocks;
  if (!(f(kUniform) > bound)) return 1.0;  // step 8: no p there, so full entropy
  const double p = FindInFalling(f, bound, {.low = kUniform, .high = 1, .at_nonsense = kUniform});
  return p > kUniform ? MinEntropy(p) / kBlockBits : 1.0;
}

}  // namespace caponier::tool::entropy
