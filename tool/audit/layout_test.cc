// The measures see what they are for, and nothing where there is nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "lib/aslr/source_for_test.h"
#include "tool/audit/boots.h"
#include "tool/audit/plans.h"

namespace caponier::tool::audit {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kSamples = 1 << 14;
constexpr int kBits = 18;  // 512 pairs at one place are expected

std::vector<u64> Even(u64 seed, u64 count = u64{1} << kBits) {
  aslr::SeededSource source(seed);
  std::vector<u64> values(kSamples);
  for (u64& value : values) value = source.Uniform(count);
  return values;
}
PlanMeasures Measured(std::vector<u64> a, std::vector<u64> b, int promised = kBits) {
  const std::vector<u64> counts(2, u64{1} << kBits);
  return MeasureSeries({{"a", std::move(a), promised}, {"b", std::move(b), promised}}, counts, kBits);
}

TEST(LayoutMeasures, CountsCollisions) {
  const Collisions found = CountCollisions({7, 1, 7, 7, ~u64{0}, 1, ~u64{0} - 1});
  EXPECT_EQ(found.pairs, 4);  // three of 7, one of 1
  EXPECT_NEAR(found.bits().value(), std::log2(21 / 4.0), 1e-9);
  EXPECT_FALSE(CountCollisions({1, 2, 3}).bits().has_value());
  EXPECT_EQ(CountCollisions({}).pairs, 0);
}

// Half the 0.999 quantiles of chi-square, as tables have them: of 2, 4 and 12 degrees for no pair, one, and five.
TEST(LayoutMeasures, ProvesALowerBound) {
  const auto proven = [](u64 pairs) { return Collisions{.samples = 4096, .pairs = pairs}.proven_bits(); };
  const double all = 4096.0 * 4095 / 2;
  EXPECT_NEAR(proven(0), std::log2(all / 6.908), 1e-3);
  EXPECT_NEAR(proven(1), std::log2(all / 9.233), 1e-3);
  EXPECT_NEAR(proven(5), std::log2(all / 16.455), 1e-3);
  EXPECT_EQ(Collisions{.samples = 1}.proven_bits(), 0);
}

TEST(LayoutMeasures, EstimatesTheBitsOfEvenPlaces) {
  EXPECT_NEAR(CountCollisions(Even(1)).bits().value(), kBits, 0.3);
  const Slices slices = TestSlices(Even(1), u64{1} << kBits);
  EXPECT_EQ(slices.tests, 5 + 3 + 2);
  EXPECT_GT(slices.least_p, 1e-4);
  // A count that is no power of two: the last slices are expected to be short.
  EXPECT_GT(TestSlices(Even(2, 200'000), 200'000).least_p, 1e-4);
  EXPECT_LT(TestSlices(Even(2, 200'000), u64{1} << kBits).least_p, 1e-9);
}

TEST(LayoutMeasures, PassesIndependentRegions) { EXPECT_THAT(Measured(Even(1), Even(2)).Failures(), IsEmpty()); }

TEST(LayoutMeasures, FindsARegionWithFewerBitsThanPromised) {
  EXPECT_THAT(Measured(Even(1), Even(2), kBits + 2).Failures(), Contains(HasSubstr("20 are promised")));
}

TEST(LayoutMeasures, FindsARegionThatFollowsAnother) {
  const std::vector<u64> a = Even(1);
  std::vector<u64> b = a;
  aslr::SeededSource source(3);
  for (u64& place : b) place = (place + 100 + source.Uniform(512)) & ((1 << kBits) - 1);
  const std::vector<std::string> failures = Measured(a, b).Failures();
  EXPECT_THAT(failures, Contains(HasSubstr("b given a: 9.")));
  EXPECT_THAT(failures, Contains(HasSubstr("a given b: 9.")));
  EXPECT_THAT(failures, Contains(HasSubstr("b given a: a slice is not even")));
}

TEST(LayoutMeasures, FindsUnevenSlices) {
  std::vector<u64> modulo = Even(1);
  for (u64& place : modulo)
    place = place % 3 * (u64{1} << (kBits - 2)) + place % (u64{1} << (kBits - 2));  // never the last quarter
  EXPECT_THAT(Measured(modulo, Even(2)).Failures(), Contains(HasSubstr("a: a slice is not even")));
  std::vector<u64> aligned = Even(1);
  for (u64& place : aligned) place &= ~u64{7};
  EXPECT_THAT(Measured(aligned, Even(2)).Failures(), Contains(HasSubstr("a: a slice is not even")));
}

TEST(LayoutMeasures, ThePlannerKeepsItsPromises) {
  for (const auto& [arch, levels, regions, most] :
       {std::tuple{Arch::kX86_64, 4, 13, 35}, {Arch::kX86_64, 5, 6, 44}, {Arch::kAarch64, 4, 13, 36}}) {
    const PlanMeasures measures = MeasurePlans(arch, levels, 12);
    EXPECT_EQ(measures.regions.size(), regions);
    EXPECT_EQ(measures.pairs.size(), regions * (regions - 1));
    EXPECT_EQ(measures.regions.front().promised_bits, most);
    EXPECT_THAT(measures.Failures(), IsEmpty());
    for (const RegionMeasure& region : measures.regions) EXPECT_EQ(region.collisions.samples, 4096);
  }
}

TEST(LayoutMeasures, BootsAreComparedPairByPair) {
  std::vector<u64> a = Even(1), b = a, c = Even(2);
  for (u64& place : b) place += 5;
  const std::vector<BootMeasure> measures = MeasureBoots({{"a", a}, {"b", b}, {"c", c}});
  EXPECT_EQ(measures[0].given, "b");
  EXPECT_NEAR(measures[0].least.bits().value(), 0, 1e-9);
  EXPECT_EQ(measures[0].changed_bits, kBits);
  EXPECT_GT(measures[2].least.bits().value(), kBits - 1);
}

TEST(LayoutMeasures, BootsThatAreAlikeFailUnlessChanceExplainsIt) {
  const auto failures = [](u64 samples, u64 pairs, u64 given) {
    return BootFailures(
        {{.name = "a", .collisions = {samples, pairs}, .changed_bits = 0, .least = {samples, given}, .given = "b"}}, 34);
  };
  EXPECT_THAT(failures(4096, 0, 0), IsEmpty());
  EXPECT_THAT(failures(2, 1, 0), testing::ElementsAre("a: 1 pairs of 2 layouts are equal"));
  EXPECT_THAT(failures(2, 0, 1), testing::ElementsAre("a given b: 1 pairs of 2 layouts are equal"));
  EXPECT_THAT(failures(1 << 18, 3, 4), IsEmpty());  // 2 are expected
  EXPECT_THAT(failures(1 << 18, 30, 0), testing::SizeIs(1));
  // Places in memory are fewer: 64 pairs are expected.
  const auto in_memory = [](u64 pairs) {
    return BootFailures({{.name = "a, in memory", .collisions = {1024, pairs}, .changed_bits = 0, .least = {}, .given = {}}}, 34);
  };
  EXPECT_THAT(in_memory(80), IsEmpty());
  EXPECT_THAT(in_memory(110), testing::ElementsAre("a, in memory: 110 pairs of 1024 layouts are equal"));
}

TEST(LayoutMeasures, BitDensitiesAndChangedBits) {
  EXPECT_THAT(BitDensities(std::vector<u64>{0b001, 0b101, 0b011, 0b001}, 3), testing::ElementsAre(1, 0.25, 0.25));
  EXPECT_EQ(ChangedBits(std::vector<u64>{0b001, 0b101, 0b011}), 2);
}

}  // namespace
}  // namespace caponier::tool::audit
