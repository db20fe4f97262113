// What an attacker sees: many layouts, and the statistics of where things stood. Each measure has a control it must reject.
//
// Entropy by collisions: among n independent uniform draws from 2^b places, n^2 / 2^(b+1) pairs are expected to be equal; with 2048
// expected the estimate of b is good to 0.032 bits (one standard deviation), at every width. A region's entropy given another's address is
// that of their difference: were one derived from the other, differences would repeat.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/aslr/plan.h"
#include "lib/aslr/source_for_test.h"

namespace caponier::aslr {
namespace {

#if defined(NDEBUG)
constexpr int kSamplesLog2 = 18;
#else
constexpr int kSamplesLog2 = 14;
#endif
constexpr size_t kSamples = size_t{1} << kSamplesLog2;
constexpr int kWindowBits = 2 * kSamplesLog2 - 12;  // 2048 expected collisions
constexpr u64 kWindowPages = u64{1} << kWindowBits;
constexpr double kTolerance = 0.15;  // bits; over four standard deviations

double EntropyByCollisions(std::vector<u64> samples) {
  std::sort(samples.begin(), samples.end());
  double pairs = 0;
  for (size_t i = 0; i < samples.size();) {
    size_t j = i;
    while (j < samples.size() && samples[j] == samples[i]) j++;
    pairs += static_cast<double>(j - i) * static_cast<double>(j - i - 1) / 2;
    i = j;
  }
  double n = static_cast<double>(samples.size());
  return pairs == 0 ? 64 : std::log2(n * n / 2 / pairs);
}

// Pearson's statistic of `bits` bits from `shift` on, as standard deviations from its mean (Wilson and Hilferty's cube root).
double SliceDeviation(const std::vector<u64>& samples, int shift, int bits) {
  std::vector<double> counts(size_t{1} << bits);
  for (u64 sample : samples) counts[(sample >> shift) & (counts.size() - 1)]++;
  double expected = static_cast<double>(samples.size()) / static_cast<double>(counts.size()), chi_square = 0;
  for (double count : counts) chi_square += (count - expected) * (count - expected) / expected;
  double freedom = static_cast<double>(counts.size() - 1), k = 2 / (9 * freedom);
  return (std::cbrt(chi_square / freedom) - (1 - k)) / std::sqrt(k);
}
constexpr double kLimit = 5;  // one-sided p of 3e-7 for each of some 300 slices

TEST(Distribution, EveryRegionHasItsBitsAloneAndGivenAnother) {
  std::vector<RegionRequest> regions = {{Region::kKernelImage, 3, 1, 1}, {Region::kKernelStack, 2, 2, 1},
                                        {Region::kPerCpu, 1, 1, 1},      {Region::kDeviceRing, 1, 1, 1},
                                        {Region::kHeapArena, 5, 1, 1},   {Region::kPageTables, 1, 1, 1}};
  std::vector<std::vector<u64>> samples(regions.size());
  std::vector<PlacedRegion> layout(regions.size());
  SeededSource source(11);
  for (size_t i = 0; i < kSamples; i++) {
    ASSERT_TRUE(Plan(source, {{0, kWindowPages}, {}, regions}, layout, Promise::kBestEffort).ok());
    for (size_t r = 0; r < regions.size(); r++) samples[r].push_back(layout[r].first_page);
  }
  for (size_t a = 0; a < regions.size(); a++) {
    EXPECT_NEAR(EntropyByCollisions(samples[a]), kWindowBits, kTolerance) << NameOf(regions[a].region);
    for (size_t b = 0; b < regions.size(); b++) {
      if (a == b) continue;
      std::vector<u64> differences(kSamples);
      for (size_t i = 0; i < kSamples; i++) differences[i] = (samples[b][i] - samples[a][i]) & (kWindowPages - 1);
      EXPECT_NEAR(EntropyByCollisions(differences), kWindowBits, kTolerance)
          << NameOf(regions[b].region) << " given " << NameOf(regions[a].region);
    }
  }
}

TEST(Distribution, SlicesOfFullWidthPlacesAreFlat) {
  PageRange window = {u64{0xffff800000000}, u64{0xffff800000000} + (u64{1} << 35)};
  RegionRequest regions[] = {{Region::kKernelImage, 1, 0, 1}, {Region::kKernelStack, 1, 0, 1}, {Region::kHeapArena, 1, 0, 1}};
  PlacedRegion layout[3];
  std::vector<u64> samples[3], differences;
  SeededSource source(12);
  for (size_t i = 0; i < kSamples; i++) {
    ASSERT_TRUE(Plan(source, {window, {}, regions}, layout).ok());
    for (int r = 0; r < 3; r++) samples[r].push_back(layout[r].first_page - window.begin);
    differences.push_back(samples[1].back() - samples[0].back());
  }
  for (const std::vector<u64>* set : {&samples[0], &samples[1], &samples[2], &differences}) {
    for (int bits : {4, 8, 12}) {
      for (int shift = 0; shift + bits <= 35; shift += bits == 4 ? 1 : 3) {
        EXPECT_LT(SliceDeviation(*set, shift, bits), kLimit) << bits << " bits from " << shift;
      }
    }
  }
}

// The later mappings keep their bits: filling gaps in order would leave 3 of 35 to the 25th.
TEST(Distribution, TheHundredthMappingIsAsFreeAsTheFirst) {
  constexpr int kMappings = 100;
  std::vector<u64> first, last, step;
  SeededSource source(13);
  for (size_t i = 0; i < kSamples / 4; i++) {
    RangeSet<kMappings> taken;
    u64 before = 0, page = 0;
    for (u64 m = 0; m < kMappings; m++) {
      PlaceRequest request = {.pages = 1 + m % 2, .guard_pages = 1};
      before = page;
      Result<u64> place = Place(source, request, {0, kWindowPages >> 4}, taken);
      ASSERT_TRUE(place.ok());
      page = place.value();
      ASSERT_TRUE(taken.Insert({page, page + request.pages}).ok());
      if (m == 0) first.push_back(page);
    }
    last.push_back(page);
    step.push_back((page - before) & ((kWindowPages >> 4) - 1));
  }
  // 100 mappings and their guards take up to 5 in 100 of the small window of an unoptimised run.
  EXPECT_NEAR(EntropyByCollisions(first), kWindowBits - 4, kTolerance);
  EXPECT_NEAR(EntropyByCollisions(last), kWindowBits - 4, kTolerance + 0.07);
  EXPECT_NEAR(EntropyByCollisions(step), kWindowBits - 4, kTolerance + 0.07);
}

// Controls: the measures reject the faults they are here for.
TEST(Distribution, MeasuresRejectKnownFaults) {
  SeededSource source(14);
  std::vector<u64> modulo, derived, base, aligned;
  for (size_t i = 0; i < kSamples; i++) {
    modulo.push_back((source.Next() & 0xff) % 192);  // 0 to 63 twice as often
    base.push_back(source.Uniform(kWindowPages));
    derived.push_back(base.back() + 0x1000 + source.Uniform(512));  // one region placed near another
    aligned.push_back(source.Uniform(kWindowPages) & ~u64{7});
  }
  EXPECT_GT(SliceDeviation(modulo, 4, 4), kLimit);
  EXPECT_LT(EntropyByCollisions(aligned), kWindowBits - 2.5);
  EXPECT_NEAR(EntropyByCollisions(derived), kWindowBits, kTolerance);  // alone it looks well
  std::vector<u64> differences(kSamples);
  for (size_t i = 0; i < kSamples; i++) differences[i] = derived[i] - base[i];
  EXPECT_LT(EntropyByCollisions(differences), 9.5);
}

}  // namespace
}  // namespace caponier::aslr
