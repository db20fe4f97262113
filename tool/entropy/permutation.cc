#include "tool/entropy/permutation.h"

#include <bzlib.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "tool/entropy/order_statistics.h"
#include "tool/entropy/parallel.h"
#include "tool/entropy/random.h"

namespace caponier::tool::entropy {
namespace {

enum Statistic : size_t {
  kExcursion,
  kDirectionalRuns,
  kLongestDirectionalRun,
  kIncreasesDecreases,
  kMedianRuns,
  kLongestMedianRun,
  kAverageCollision,
  kMaximumCollision,
  kPeriodicity,
  kCovariance = kPeriodicity + 5,
};
static_assert(kCovariance + 5 == kCompressionStatistic);
constexpr std::array<size_t, 5> kLags{1, 2, 8, 16, 32};

bool AnyOf(StatisticSet set, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++) {
    if (set[i]) return true;
  }
  return false;
}

// 5.1.11: the size of the samples, written as decimal numbers and compressed by bzip2.
double Compressed(std::span<const u8> data) {
  struct Decimal {
    std::array<char, 4> text;
    u8 length;
  };
  static const auto kDecimals = [] {
    std::array<Decimal, 256> out{};
    for (unsigned i = 0; i < 256; i++) {
      out[i].length = static_cast<u8>(fmt::format_to_n(out[i].text.data(), 4, "{} ", i).size);
    }
    return out;
  }();
  std::vector<char> text(data.size() * 4 + 4);
  size_t length = 0;
  for (const u8 symbol : data) {
    std::memcpy(text.data() + length, kDecimals[symbol].text.data(), 4);
    length += kDecimals[symbol].length;
  }
  length--;  // no space after the last one
  auto size = static_cast<unsigned>(static_cast<double>(length) * 1.01) + 601;
  std::vector<char> compressed(size);
  if (BZ2_bzBuffToBuffCompress(compressed.data(), &size, text.data(), static_cast<unsigned>(length), 5, 0, 0) != BZ_OK) {
    throw std::runtime_error("bzip2 cannot compress");
  }
  return size;
}

// Conversions of two symbols, 5.1: eight at a time, their sum, or the number they make.
std::vector<u8> Sums(std::span<const u8> bits) {
  std::vector<u8> out((bits.size() + 7) / 8);
  for (size_t i = 0; i < bits.size(); i++) out[i / 8] = static_cast<u8>(out[i / 8] + bits[i]);
  return out;
}
std::vector<u8> Numbers(std::span<const u8> bits) {
  std::vector<u8> out((bits.size() + 7) / 8);
  for (size_t i = 0; i < bits.size(); i++) out[i / 8] = static_cast<u8>(out[i / 8] | bits[i] << (7 - i % 8));
  return out;
}

// Uniform over all arrangements.
void Shuffle(std::span<u8> data, u64 seed) {
  Xoshiro random(seed);
  for (auto i = static_cast<u32>(data.size() - 1); i > 0; i--) std::swap(data[i], data[random.Below(i + 1)]);
}

u64 SeedOf(u64 seed, u32 permutation) { return Xoshiro(seed ^ u64{permutation} << 32).Next(); }

}  // namespace

PermutationStatistics::PermutationStatistics(const Samples& samples) : binary_(samples.alphabet == 2) {
  u64 sum = 0;
  std::array<u64, 256> counts{};
  for (size_t i = 0; i < samples.raw.size(); i++) {
    number_[samples.raw[i]] = samples.symbols[i];
    counts[samples.raw[i]]++;
    sum += samples.raw[i];
  }
  mean_ = static_cast<double>(sum) / static_cast<double>(samples.raw.size());
  // The median is of the symbols' numbers; twice it is an integer. Of two symbols it is 1/2 by definition (5.1.5).
  const auto nth = [&](u64 n) {
    unsigned symbol = 0, number = 0;
    for (u64 before = 0; symbol < 256; symbol++) {
      before += counts[symbol];
      if (before > n) break;
      number += counts[symbol] != 0 ? 1 : 0;
    }
    return number;
  };
  const u64 half = samples.raw.size() / 2;
  const unsigned twice_median = binary_ ? 1 : nth(half) + nth(samples.raw.size() % 2 == 1 ? half : half - 1);
  while (from_median_ < 255 && (counts[from_median_] == 0 || 2u * number_[from_median_] < twice_median)) from_median_++;
}

void PermutationStatistics::Directional(std::span<const u8> data, StatisticSet wanted, StatisticValues& out) const {
  if (!AnyOf(wanted, kDirectionalRuns, 3)) return;
  const Runs runs = DirectionalRuns(data);
  out[kDirectionalRuns] = static_cast<double>(runs.count);
  out[kLongestDirectionalRun] = static_cast<double>(runs.longest);
  out[kIncreasesDecreases] = static_cast<double>(std::max(runs.ones, data.size() - 1 - runs.ones));
}

// 5.1.7 and 5.1.8: how many samples until one comes again; then from the next one on.
void PermutationStatistics::Collisions(std::span<const u8> data, StatisticSet wanted, StatisticValues& out) const {
  if (!AnyOf(wanted, kAverageCollision, 2)) return;
  std::array<u32, 256> seen_in{};  // search
  u64 searches = 0, start = 0, most = 0;
  for (u64 i = 0; i < data.size(); i++) {
    u32& seen = seen_in[data[i]];
    if (seen == searches + 1) {
      searches++;
      most = std::max(most, i + 1 - start);
      start = i + 1;
    } else {
      seen = static_cast<u32>(searches + 1);
    }
  }
  out[kAverageCollision] = static_cast<double>(start) / static_cast<double>(searches);
  out[kMaximumCollision] = static_cast<double>(most);
}

StatisticValues PermutationStatistics::Compute(std::span<const u8> raw, StatisticSet wanted) const {
  StatisticValues out{};
  std::vector<u8> sums, numbers;
  std::span<const u8> ordered = raw, collided = raw;
  if (binary_) {
    std::vector<u8> bits(raw.size());
    std::transform(raw.begin(), raw.end(), bits.begin(), [&](u8 symbol) { return number_[symbol]; });
    sums = Sums(bits);
    numbers = Numbers(bits);
    ordered = sums;
    collided = numbers;
  }
  if (wanted[kExcursion]) out[kExcursion] = Excursion(raw, mean_);
  Directional(ordered, wanted, out);
  if (AnyOf(wanted, kMedianRuns, 2)) {
    const Runs runs = MedianRuns(raw, from_median_);
    out[kMedianRuns] = static_cast<double>(runs.count);
    out[kLongestMedianRun] = static_cast<double>(runs.longest);
  }
  Collisions(collided, wanted, out);
  for (size_t i = 0; i < kLags.size(); i++) {
    if (wanted[kPeriodicity + i]) out[kPeriodicity + i] = static_cast<double>(Periodicity(ordered, kLags[i]));
    if (wanted[kCovariance + i]) out[kCovariance + i] = static_cast<double>(Covariance(ordered, kLags[i]));
  }
  if (wanted[kCompressionStatistic]) out[kCompressionStatistic] = Compressed(raw);
  for (size_t i = 0; i < kStatistics; i++) {
    if (!wanted[i]) out[i] = 0;
  }
  return out;
}

namespace {

// Ranks the statistics in `undecided` until none is left or all permutations are done.
void Rank(const Samples& samples, const PermutationStatistics& statistics, u64 seed, u32 permutations, StatisticSet undecided,
          PermutationResult& result, const std::function<void(u32)>& progress) {
  // A batch is computed at once and counted in order; its size depends on nothing, so that neither does the result.
  constexpr u32 kBatch = 8;
  std::array<std::vector<u8>, kBatch> shuffled;
  std::array<StatisticValues, kBatch> values;
  for (u32 first = 0; first < permutations && undecided.any(); first += kBatch) {
    const u32 count = std::min(kBatch, permutations - first);
    std::vector<std::function<void()>> tasks;
    for (u32 i = 0; i < count; i++) {
      tasks.emplace_back([&, i] {
        shuffled[i] = samples.raw;
        Shuffle(shuffled[i], SeedOf(seed, first + i));
        values[i] = statistics.Compute(shuffled[i], undecided);
      });
    }
    RunAll(tasks);
    for (u32 i = 0; i < count; i++) {
      for (size_t s = 0; s < kStatistics; s++) {
        if (!undecided[s]) continue;
        PermutationRank& rank = result.ranks[s];
        (values[i][s] > rank.value ? rank.greater : values[i][s] == rank.value ? rank.equal : rank.less)++;
        if (rank.decided()) undecided[s] = false;
      }
    }
    if (progress) progress(first + count);
  }
}

}  // namespace

PermutationResult TestPermutations(const Samples& samples, u64 seed, u32 permutations, const std::function<void(u32)>& progress) {
  const PermutationStatistics statistics(samples);
  PermutationResult result;
  const StatisticValues values = statistics.Compute(samples.raw, StatisticSet().set());
  for (size_t i = 0; i < kStatistics; i++) result.ranks[i].value = values[i];
  StatisticSet quick = StatisticSet().set(), slow;
  quick[kCompressionStatistic] = false;
  slow[kCompressionStatistic] = true;
  const auto all_decided = [&](size_t count) {
    return std::all_of(result.ranks.begin(), result.ranks.begin() + static_cast<std::ptrdiff_t>(count),
                       [](const PermutationRank& rank) { return rank.decided(); });
  };
  Rank(samples, statistics, seed, permutations, quick, result, progress);
  if (!all_decided(kCompressionStatistic)) {
    result.ranks[kCompressionStatistic].judged = false;
    return result;
  }
  Rank(samples, statistics, seed, permutations, slow, result, progress);
  result.passed = all_decided(kStatistics);
  return result;
}

}  // namespace caponier::tool::entropy
