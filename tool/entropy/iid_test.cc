#include "tool/entropy/iid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tool/entropy/noise_for_test.h"

namespace caponier::tool::entropy {
namespace {

Samples Set(const std::string& name) {
  const auto sets = DataSetsForTest();
  const auto set = std::find_if(sets.begin(), sets.end(), [&](const auto& s) { return s.name == name; });
  return MakeSamples(set->samples, set->bits, name);
}

// NIST's tool (version 1.1.8: ea_iid -v -v FILE BITS) on the data sets of noise_for_test.h.
struct Expected {
  const char* name;
  struct {
    double score;
    i64 freedom;
    double p_value;
  } independence, goodness_of_fit;
  u64 longest;
  double probability;
  std::array<double, kStatistics> statistics;  // in the order of the standard
};

const Expected kExpected[] = {
    {"uniform1",
     {267.496131713, 254, 0.268300544481},
     {4.109009245, 9, 0.904092300683},
     28,
     0.524342570919,
     {38.91775, 1606, 7, 1480, 9863, 16, 21.6754386, 55, 479, 452, 479, 467, 498, 39893, 39884, 39623, 39692, 39381, 3168}},
    {"uniform4",
     {234.040781823, 240, 0.596301634933},
     {126.971134505, 135, 0.676476159258},
     7,
     0.52719863303,
     {279.992, 13230, 7, 10592, 9743, 16, 5.71698113, 14, 1226, 1220, 1234, 1275, 1203, 1117765, 1114183, 1113321, 1114951,
      1109304, 10954}},
    {"uniform8",
     {1963.666598128, 1711, 1.77848501893e-05},
     {2334.161049684, 2295, 0.279409073901},
     3,
     0.999995715913,
     {4626.2512, 13294, 7, 10038, 9835, 16, 20.3069106, 61, 92, 94, 91, 77, 77, 322915909, 321905031, 321791246, 322088951,
      320577037, 21672}},
    {"biased1",
     {13.642517671, 14, 0.476669007615},
     {1.824092919, 9, 0.993953644994},
     40,
     0.714753628495,
     {33.2639, 1577, 7, 1525, 7574, 29, 10.1260163, 31, 574, 584, 533, 561, 583, 10023, 10010, 10064, 10128, 9843, 2778}},
    {"biased4",
     {176.410514214, 166, 0.275508338068},
     {138.725309899, 117, 0.0832209348459},
     8,
     0.993673966891,
     {514.6875, 12984, 8, 11098, 10058, 12, 4.60525104, 12, 2165, 2192, 2166, 2240, 2166, 248618, 246562, 246992, 249272, 247087,
      9552}},
    {"three_of_256",
     {7.843464482, 6, 0.249797329081},
     {15.390519757, 18, 0.63500120493},
     35,
     0.317749848421,
     {4855.794, 8436, 25, 15627, 1, 20000, 2.48268156, 4, 11276, 11223, 11263, 11296, 11249, 19296439, 19133352, 19139409,
      19458958, 19039185, 3488}},
    {"two_of_256",
     {267.496131713, 254, 0.268300544481},
     {4.109009245, 9, 0.904092300683},
     28,
     0.524342570919,
     {7511.12575, 1606, 7, 1480, 9863, 16, 21.6754386, 55, 479, 452, 479, 467, 498, 39893, 39884, 39623, 39692, 39381, 3181}},
    {"growing8",
     {4101.640928697, 1641, 1.20521015486e-210},
     {19882.910589558, 1557, 0},
     80,
     0,
     {318960.76, 13195, 81, 10227, 6492, 3728, 11.4707233, 48, 476, 513, 475, 452, 440, 107223926, 107444038, 107254963,
      106933599, 106707161, 19841}},
};

TEST(Iid, TestsSayWhatNistsToolSays) {
  for (const Expected& expected : kExpected) {
    SCOPED_TRACE(expected.name);
    const Samples samples = Set(expected.name);
    const auto compare = [](const ChiSquare& test, const auto& wanted) {
      EXPECT_NEAR(test.score, wanted.score, 1e-8);
      EXPECT_EQ(test.freedom, wanted.freedom);
      EXPECT_NEAR(test.p_value, wanted.p_value, 1e-10);
    };
    compare(TestIndependence(samples.symbols, samples.alphabet), expected.independence);
    compare(TestGoodnessOfFit(samples.symbols, samples.alphabet), expected.goodness_of_fit);
    const LongestRepeat repeat =
        TestLongestRepeat(samples.symbols, samples.alphabet, Repeats(BitString::Pack(samples.symbols, 8), 8));
    EXPECT_EQ(repeat.length, expected.longest);
    EXPECT_NEAR(repeat.probability, expected.probability, 1e-10);
    EXPECT_EQ(repeat.passed, expected.probability >= 0.001);
    const StatisticValues values = PermutationStatistics(samples).Compute(samples.raw, StatisticSet().set());
    for (size_t i = 0; i < kStatistics; i++) {
      EXPECT_NEAR(values[i], expected.statistics[i], 1e-8 * std::max(1.0, expected.statistics[i])) << kStatisticNames[i];
    }
  }
}

TEST(Permutations, PassIidData) {
  for (const auto& raw : {UniformForTest(256, 5000), BiasedForTest(16, 5000), UniformForTest(2, 8000)}) {
    const PermutationResult result = TestPermutations(MakeSamples(raw, 8, "x"), 1);
    EXPECT_TRUE(result.passed);
    for (const PermutationRank& rank : result.ranks) {
      EXPECT_TRUE(rank.judged);
      // Counting stops with the sixth.
      EXPECT_EQ(std::min(rank.greater + rank.equal, rank.equal + rank.less), 6u);
    }
  }
}

TEST(Permutations, RefuteWhatDepends) {
  constexpr u32 kFew = 200;  // enough for the eye; the standard's 10000 are for doubtful cases
  const PermutationResult sticky = TestPermutations(MakeSamples(StickyForTest(256, 4000, 200), 8, "x"), 1, kFew);
  EXPECT_FALSE(sticky.passed);
  EXPECT_EQ(sticky.ranks[8].less, kFew);  // no shuffled data repeats itself so much
  EXPECT_FALSE(sticky.ranks[kCompressionStatistic].judged);

  // Nothing but compression sees that the second half is the first one over again.
  constexpr u32 kMore = 1000;
  const auto half = UniformForTest(256, 3000, 5);  // a repeat doubles every deviation, which others may see too; not here
  const PermutationResult twice = TestPermutations(MakeSamples(JoinedForTest(half, half), 8, "x"), 1, kMore);
  EXPECT_FALSE(twice.passed);
  EXPECT_TRUE(twice.ranks[kCompressionStatistic].judged);
  EXPECT_EQ(twice.ranks[kCompressionStatistic].greater, kMore);
}

TEST(Permutations, AreRepeatedBySeed) {
  const Samples samples = MakeSamples(UniformForTest(16, 3000), 4, "x");
  const auto counts = [&](u64 seed) {
    std::vector<u32> out;
    for (const PermutationRank& rank : TestPermutations(samples, seed).ranks)
      out.insert(out.end(), {rank.greater, rank.equal, rank.less});
    return out;
  };
  EXPECT_EQ(counts(1), counts(1));
  EXPECT_NE(counts(1), counts(2));
}

TEST(Iid, NeedsAllTests) {
  const IidAssessment good = AssessIid(MakeSamples(UniformForTest(256, 20000, 3), 8, "x"), 1, 1000);
  EXPECT_EQ(good.passed(), good.independence.passed() && good.goodness_of_fit.passed());
  EXPECT_TRUE(good.longest_repeat.passed);
  // The rate changes half-way: only the goodness of fit is about that, and the excursion.
  const auto drifting = JoinedForTest(BiasedForTest(16, 5000), UniformForTest(16, 5000));
  const IidAssessment bad = AssessIid(MakeSamples(drifting, 4, "x"), 1, 300);
  EXPECT_FALSE(bad.goodness_of_fit.passed());
  EXPECT_FALSE(bad.permutations.ranks[0].decided());
  EXPECT_FALSE(bad.passed());
}

}  // namespace
}  // namespace caponier::tool::entropy
