#include "tool/entropy/restart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "tool/entropy/most_common_value.h"
#include "tool/entropy/parallel.h"
#include "tool/failure.h"

namespace caponier::tool::entropy {
namespace {

constexpr u64 kDraws = kRestartSamples;
using Distribution = std::vector<double>;  // of a count from 0 to kDraws; may sum to less than 1

double LogPoisson(double mean, double count) {
  int sign = 0;
  return count * std::log(mean) - mean - lgamma_r(count + 1, &sign);
}

// A Poisson count that is at most `most`.
Distribution Truncated(double mean, u64 most) {
  Distribution out(kDraws + 1);
  for (u64 i = 0; i <= most; i++) out[i] = mean > 0 ? std::exp(LogPoisson(mean, static_cast<double>(i))) : i == 0 ? 1 : 0;
  return out;
}

Distribution Sum(const Distribution& a, const Distribution& b) {
  Distribution out(kDraws + 1);
  for (u64 i = 0; i <= kDraws; i++) {
    if (a[i] == 0) continue;
    for (u64 j = 0; i + j <= kDraws; j++) out[i + j] += a[i] * b[j];
  }
  return out;
}

// The probability that none of `symbols` symbols of probability p, and the one that has what remains, comes more than `most` times in
// kDraws draws. Counts of draws are independent Poisson counts, given their sum.
double NoneAbove(u64 most, u64 symbols, double p) {
  const double rest = std::max(0.0, 1 - p * static_cast<double>(symbols));
  Distribution all = Truncated(kDraws * rest, most), power = Truncated(kDraws * p, most);
  for (u64 left = symbols; left != 0; left >>= 1) {
    if ((left & 1) != 0) all = Sum(all, power);
    if (left > 1) power = Sum(power, power);
  }
  return all[kDraws] / std::exp(LogPoisson(kDraws, kDraws));
}

Estimates Matrix(std::span<const u8> symbols, unsigned alphabet, Claim claim) {
  Estimates out;
  if (claim == Claim::kIid) {
    out[Estimator::kMostCommonValue] = MostCommonValue(symbols, alphabet);
    return out;
  }
  Tasks tasks;
  const auto width = static_cast<unsigned>(std::bit_width(alphabet - 1));
  const BitString packed = BitString::Pack(symbols, width);
  if (alphabet == 2) {
    AddBitEstimators(packed, out, tasks);
  } else {
    AddSymbolEstimators(symbols, alphabet, packed, width, out, tasks);
  }
  RunAll(tasks);
  return out;
}

u32 MostCommonInRows(std::span<const u8> matrix) {
  u32 most = 0;
  for (u64 row = 0; row < matrix.size(); row += kRestartSamples) {
    std::array<u32, 256> counts{};
    for (const u8 symbol : matrix.subspan(row, kRestartSamples)) most = std::max(most, ++counts[symbol]);
  }
  return most;
}

}  // namespace

u32 RestartCutoff(double initial) {
  const double alpha = 1 - std::exp(std::log(0.99) / (kRestarts + kRestartSamples));
  const double p = std::exp2(-initial);
  const auto symbols = static_cast<u64>(std::floor(1 / p));
  u64 low = 0, high = kDraws;  // the answer is above `low` and at most `high`
  while (high - low > 1) {
    const u64 middle = (low + high) / 2;
    (NoneAbove(middle, symbols, p) >= 1 - alpha ? high : low) = middle;
  }
  return static_cast<u32>(high);
}

RestartAssessment AssessRestarts(const Samples& samples, double initial, Claim claim, const std::string& name) {
  if (samples.raw.size() != kRestarts * kRestartSamples) {
    throw Failure(
        fmt::format("{}: {} samples, not {} restarts of {} samples each", name, samples.raw.size(), kRestarts, kRestartSamples));
  }
  if (std::ceil(std::exp2(initial)) > samples.alphabet) {
    throw Failure(fmt::format("{}: {} different samples cannot have the {} bits of --initial", name, samples.alphabet, initial));
  }
  std::vector<u8> columns(samples.symbols.size());
  for (u64 row = 0; row < kRestarts; row++) {
    for (u64 column = 0; column < kRestartSamples; column++) {
      columns[column * kRestarts + row] = samples.symbols[row * kRestartSamples + column];
    }
  }
  RestartAssessment out{.cutoff = RestartCutoff(initial),
                        .most_in_row = MostCommonInRows(samples.symbols),
                        .most_in_column = MostCommonInRows(columns)};
  out.sane = std::max(out.most_in_row, out.most_in_column) <= out.cutoff;
  if (!out.sane) return out;
  out.rows = Matrix(samples.symbols, samples.alphabet, claim);
  out.columns = Matrix(columns, samples.alphabet, claim);
  out.h_rows = out.rows.Least(samples.bits);
  out.h_columns = out.columns.Least(samples.bits);
  out.valid = std::min(out.h_rows, out.h_columns) >= initial / 2;
  if (out.valid) out.h_assessed = std::min({out.h_rows, out.h_columns, initial});
  return out;
}

}  // namespace caponier::tool::entropy
