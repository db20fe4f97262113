#include "tool/entropy/chi_square.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "tool/entropy/gamma.h"
#include "tool/entropy/proportions.h"

namespace caponier::tool::entropy {
namespace {

constexpr double kLeastExpected = 5;  // in a bin

ChiSquare Judge(double score, i64 freedom) {
  return {.score = score, .freedom = freedom, .p_value = ChiSquareTail(score, static_cast<double>(freedom))};
}

double Deviation(double observed, double expected) { return (observed - expected) * (observed - expected) / expected; }

// Outcomes gathered in bins of at least five expected occurrences each, the rarest outcomes first.
struct Bins {
  std::vector<u32> of;  // the bin of each outcome
  std::vector<double> expected;

  explicit Bins(const std::vector<double>& expectations) : of(expectations.size()) {
    std::vector<u32> order(expectations.size());
    for (u32 i = 0; i < order.size(); i++) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](u32 a, u32 b) { return expectations[a] != expectations[b] ? expectations[a] < expectations[b] : a < b; });
    double current = 0;
    for (const u32 outcome : order) {
      if (current >= kLeastExpected) {
        expected.push_back(current);
        current = 0;
      }
      of[outcome] = static_cast<u32>(expected.size());
      current += expectations[outcome];
    }
    if (!expected.empty() && current < kLeastExpected) {
      // Too few are left for a bin of their own.
      for (u32& bin : of) bin = std::min(bin, static_cast<u32>(expected.size() - 1));
      expected.back() += current;
    } else {
      expected.push_back(current);
    }
  }

  double Score(const std::vector<u64>& observed) const {
    double score = 0;
    for (size_t i = 0; i < expected.size(); i++) score += Deviation(static_cast<double>(observed[i]), expected[i]);
    return score;
  }
};

// 5.2.3: tuples of as many bits as leave five expected occurrences for the rarest, at most 11.
ChiSquare TestBitIndependence(std::span<const u8> bits) {
  double p1 = static_cast<double>(std::count(bits.begin(), bits.end(), 1)) / static_cast<double>(bits.size());
  const double p0 = 1 - p1, least = std::min(p0, p1);
  unsigned m = 11;
  while (m > 1 && std::pow(least, m) * static_cast<double>(bits.size() / m) < kLeastExpected) m--;
  if (m < 2) return {};
  std::vector<u64> observed(size_t{1} << m);
  const size_t tuples = bits.size() / m;
  for (size_t i = 0; i < tuples; i++) {
    unsigned tuple = 0;
    for (unsigned j = 0; j < m; j++) tuple = tuple << 1 | bits[i * m + j];
    observed[tuple]++;
  }
  double score = 0;
  for (unsigned tuple = 0; tuple < observed.size(); tuple++) {
    const int ones = std::popcount(tuple);
    const double expected = std::pow(p1, ones) * std::pow(p0, static_cast<int>(m) - ones) * static_cast<double>(tuples);
    score += Deviation(static_cast<double>(observed[tuple]), expected);
  }
  return Judge(score, (i64{1} << m) - 2);
}

// 5.2.4
ChiSquare TestBitFit(std::span<const u8> bits) {
  const size_t length = bits.size() / 10;
  const double p1 = static_cast<double>(std::count(bits.begin(), bits.end(), 1)) / static_cast<double>(bits.size());
  const double zeros = (1 - p1) * static_cast<double>(length), ones = p1 * static_cast<double>(length);
  double score = 0;
  for (size_t i = 0; i < 10; i++) {
    const auto tenth = bits.subspan(i * length, length);
    const auto count = static_cast<double>(std::count(tenth.begin(), tenth.end(), 1));
    score += Deviation(static_cast<double>(length) - count, zeros) + Deviation(count, ones);
  }
  return Judge(score, 9);
}

}  // namespace

ChiSquare TestIndependence(std::span<const u8> symbols, unsigned alphabet) {
  if (alphabet == 2) return TestBitIndependence(symbols);
  const std::vector<double> p = Proportions(symbols, alphabet);
  const double pairs = std::floor(static_cast<double>(symbols.size()) * 0.5);
  std::vector<double> expectations(size_t{alphabet} * alphabet);
  for (unsigned a = 0; a < alphabet; a++) {
    for (unsigned b = 0; b < alphabet; b++) expectations[size_t{a} * alphabet + b] = p[a] * p[b] * pairs;
  }
  const Bins bins(expectations);
  std::vector<u64> observed(bins.expected.size());
  for (size_t i = 0; i + 1 < symbols.size(); i += 2) observed[bins.of[size_t{symbols[i]} * alphabet + symbols[i + 1]]]++;
  return Judge(bins.Score(observed), static_cast<i64>(observed.size()) - alphabet);
}

ChiSquare TestGoodnessOfFit(std::span<const u8> symbols, unsigned alphabet) {
  if (alphabet == 2) return TestBitFit(symbols);
  std::vector<double> expectations = Proportions(symbols, alphabet);
  for (double& expectation : expectations) expectation *= std::floor(static_cast<double>(symbols.size()) / 10.0);
  const Bins bins(expectations);
  const size_t length = symbols.size() / 10;
  double score = 0;
  for (size_t i = 0; i < 10; i++) {
    std::vector<u64> observed(bins.expected.size());
    for (const u8 symbol : symbols.subspan(i * length, length)) observed[bins.of[symbol]]++;
    score += bins.Score(observed);
  }
  return Judge(score, 9 * (static_cast<i64>(bins.expected.size()) - 1));
}

}  // namespace caponier::tool::entropy
