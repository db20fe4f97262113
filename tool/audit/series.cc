#include "tool/audit/series.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "tool/entropy/gamma.h"

namespace caponier::tool::audit {
namespace {

constexpr u64 kFewestPairs = 4;
constexpr double kDoubt = 0.001;  // 99.9 %

double PairsOf(u64 samples) { return static_cast<double>(samples) * (static_cast<double>(samples) - 1) / 2; }

// By 11 bits at a time, lowest first, until no higher bit differs.
void RadixSort(std::vector<u64>& values) {
  constexpr int kDigit = 11;
  constexpr u64 kBuckets = 1 << kDigit;
  u64 differing = 0;
  for (const u64 value : values) differing |= value ^ values.front();
  std::vector<u64> other(values.size());
  for (int shift = 0; shift < 64 && differing >> shift != 0; shift += kDigit) {
    std::array<size_t, kBuckets + 1> starts{};
    for (const u64 value : values) starts[(value >> shift & (kBuckets - 1)) + 1]++;
    for (size_t i = 1; i < starts.size(); i++) starts[i] += starts[i - 1];
    for (const u64 value : values) other[starts[value >> shift & (kBuckets - 1)]++] = value;
    values.swap(other);
  }
}

// Pearson's test of one slice: the bits from `shift` on.
double SliceP(std::span<const u64> counts, u64 samples, int shift, u64 count) {
  double score = 0;
  u64 bins = 0;
  const u64 span = u64{1} << shift, period = span * counts.size();
  for (u64 bin = 0; bin < counts.size(); bin++) {
    // How much of [0, count) falls in the bin: whole periods, and what the last one has of it.
    const u64 whole = count / period * span, rest = count % period, begin = bin * span;
    const u64 places = whole + (rest > begin ? std::min(rest - begin, span) : 0);
    if (places == 0) continue;
    const double expected = static_cast<double>(samples) * (static_cast<double>(places) / static_cast<double>(count));
    const double off = static_cast<double>(counts[bin]) - expected;
    score += off * off / expected;
    bins++;
  }
  return bins < 2 ? 1 : entropy::ChiSquareTail(score, static_cast<double>(bins - 1));
}

}  // namespace

std::optional<double> Collisions::bits() const {
  if (pairs < kFewestPairs) return std::nullopt;
  return std::log2(PairsOf(samples) / static_cast<double>(pairs));
}

double Collisions::deviation() const { return pairs == 0 ? 64 : 1 / (std::numbers::ln2 * std::sqrt(static_cast<double>(pairs))); }

// The number of pairs is about Poisson's. The greatest mean under which so few would still come with a chance of one in a thousand is half
// the chi-square quantile of 2(pairs + 1) degrees.
double Collisions::proven_bits() const {
  if (samples < 2) return 0;
  const double freedom = 2 * (static_cast<double>(pairs) + 1);
  double low = 0, high = freedom + 20 * std::sqrt(freedom) + 40;
  for (int i = 0; i < 100; i++) {
    const double middle = (low + high) / 2;
    (entropy::ChiSquareTail(middle, freedom) > kDoubt ? low : high) = middle;
  }
  return std::max(0.0, std::log2(PairsOf(samples) / (high / 2)));
}

Collisions CountCollisions(std::vector<u64> values) {
  Collisions found{.samples = values.size()};
  if (values.empty()) return found;
  RadixSort(values);
  for (size_t i = 0; i < values.size();) {
    size_t j = i;
    while (j < values.size() && values[j] == values[i]) j++;
    found.pairs += (j - i) * (j - i - 1) / 2;
    i = j;
  }
  return found;
}

std::vector<u64> Differences(std::span<const u64> b, std::span<const u64> a, int window_bits) {
  std::vector<u64> values(std::min(a.size(), b.size()));
  const u64 mask = ~u64{0} >> (64 - window_bits);
  for (size_t i = 0; i < values.size(); i++) values[i] = (b[i] - a[i]) & mask;
  return values;
}

Slices TestSlices(std::span<const u64> values, u64 count) {
  Slices result;
  const int width = std::bit_width(count - 1);
  for (const int bits : {4, 8, 12}) {
    const u64 bins = u64{1} << bits;
    const int slices = (width + bits - 1) / bits;
    std::vector<u64> counts(bins * static_cast<u64>(slices));
    for (u64 value : values) {
      for (u64 base = 0; base < counts.size(); base += bins, value >>= bits) counts[base + (value & (bins - 1))]++;
    }
    for (int slice = 0; slice < slices; slice++) {
      const std::span<const u64> own = std::span(counts).subspan(static_cast<u64>(slice) * bins, bins);
      result.least_p = std::min(result.least_p, SliceP(own, values.size(), slice * bits, count));
      result.tests++;
    }
  }
  return result;
}

int ChangedBits(std::span<const u64> values) {
  u64 changed = 0;
  for (const u64 value : values) changed |= value ^ values.front();
  return std::popcount(changed);
}

std::vector<double> BitDensities(std::span<const u64> values, int bits) {
  std::vector<double> shares(static_cast<size_t>(bits));
  for (int bit = 0; bit < bits; bit++) {
    const auto set = std::ranges::count_if(values, [&](u64 value) { return (value >> bit & 1) != 0; });
    shares[static_cast<size_t>(bit)] = static_cast<double>(set) / static_cast<double>(std::max<size_t>(values.size(), 1));
  }
  return shares;
}

}  // namespace caponier::tool::audit
