#include "lib/entropy/health.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "lib/entropy/conditioner.h"

namespace caponier::entropy {
namespace {

using Noise = std::function<u64()>;

Noise Uniform(u64 symbols, u64 seed = 1) {
  return [random = std::mt19937_64(seed), symbols]() mutable { return random() % symbols; };
}
Noise Stuck(u64 value) {
  return [value] { return value; };
}
// Symbol 0 with chance `percent`, else uniform over the others of 256: min-entropy -log2(percent / 100).
Noise Biased(unsigned percent) {
  return [random = std::mt19937_64(2), percent]() mutable -> u64 { return random() % 100 < percent ? 0 : 1 + random() % 255; };
}

// The number of samples until the tests fail, or `limit` if they do not.
u64 SamplesToFailure(HealthTests& tests, Noise noise, u64 limit) {
  for (u64 i = 1; i <= limit; i++) {
    tests.Feed(noise());
    if (tests.status() == SourceStatus::kFailed) return i;
  }
  return limit;
}

constexpr EntropyRate kFour{4000}, kOne{1000};

TEST(RepetitionCount, FailsAtTheCutoffAndNotBefore) {
  RepetitionCountTest test(5);
  for (u64 value : {7, 7, 7, 7, 8, 8, 8, 8}) EXPECT_TRUE(test.Passes(value));
  EXPECT_FALSE(test.Passes(8));
  EXPECT_FALSE(test.Passes(8)) << "a run that goes on keeps failing";
  EXPECT_TRUE(test.Passes(9));
}

TEST(RepetitionCount, FirstSampleMayBeZero) {
  RepetitionCountTest test(3);
  EXPECT_TRUE(test.Passes(0));
  EXPECT_TRUE(test.Passes(0));
  EXPECT_FALSE(test.Passes(0));
}

TEST(AdaptiveProportion, CountsWithinAWindowOnly) {
  // Window 8, cut-off 4: the reference and two more pass, three more fail; a new window counts anew.
  AdaptiveProportionTest test(8, 4);
  for (u64 value : {1, 2, 1, 2, 1, 2, 2, 2}) EXPECT_TRUE(test.Passes(value));
  for (u64 value : {1, 1, 2, 1}) EXPECT_TRUE(test.Passes(value));
  EXPECT_FALSE(test.Passes(1));
}

TEST(Health, GoodNoisePasses) {
  HealthTests tests(LimitsFor(kFour));
  EXPECT_EQ(tests.status(), SourceStatus::kAbsent);
  Noise noise = Uniform(256);
  for (u32 i = 0; i < kStartupSamples - 1; i++) tests.Feed(noise());
  EXPECT_EQ(tests.status(), SourceStatus::kStarting);
  tests.Feed(noise());
  EXPECT_EQ(tests.status(), SourceStatus::kHealthy);
  EXPECT_EQ(SamplesToFailure(tests, noise, 1'000'000), 1'000'000u);
}

// Noise at exactly the claimed rate passes too, or the claim could never be used.
TEST(Health, NoiseAtItsClaimPasses) {
  for (auto [limits, symbols] : {std::pair{LimitsFor(kFour), 16u}, {LimitsFor(kOne), 2u}, {LimitsFor({8000}), 256u}}) {
    HealthTests tests(limits);
    EXPECT_EQ(SamplesToFailure(tests, Uniform(symbols), 1'000'000), 1'000'000u) << symbols;
  }
}

TEST(Health, StuckNoiseFailsWithinTheRepetitionCutoff) {
  for (u64 value : {0u, 255u, 42u}) {
    HealthTests tests(LimitsFor(kFour));
    EXPECT_EQ(SamplesToFailure(tests, Stuck(value), 10'000), LimitsFor(kFour).repetition);
    HealthTests running(LimitsFor(kFour));
    SamplesToFailure(running, Uniform(256), 5'000);
    ASSERT_EQ(running.status(), SourceStatus::kHealthy);
    EXPECT_LE(SamplesToFailure(running, Stuck(value), 10'000), LimitsFor(kFour).repetition);
  }
}

// Half of the symbols equal: 1 bit instead of the claimed 4. Seen within two windows of one that starts with that symbol.
TEST(Health, BiasedNoiseFails) {
  HealthTests tests(LimitsFor(kFour));
  EXPECT_LT(SamplesToFailure(tests, Biased(50), 100'000), 10 * kProportionWindow);
}

TEST(Health, BiasIsSeenByProportionAlone) {  // no run is long enough for the repetition count
  const HealthLimits limits = LimitsFor(kOne);
  RepetitionCountTest repetition(limits.repetition);
  AdaptiveProportionTest proportion(limits.window, limits.proportion);
  bool repetition_passes = true, proportion_passes = true;
  for (u64 i = 0; i < 4096; i++) {
    const u64 sample = i % 4 == 3;  // 0 0 0 1: period of four
    repetition_passes = repetition.Passes(sample) && repetition_passes;
    proportion_passes = proportion.Passes(sample) && proportion_passes;
  }
  EXPECT_TRUE(repetition_passes);
  EXPECT_FALSE(proportion_passes);
}

// The claim decides: what fails a claim of 4 bits is fine for a claim of half a bit.
TEST(Health, LowerClaimToleratesMoreBias) {
  HealthTests tests(LimitsFor({500}));
  EXPECT_EQ(SamplesToFailure(tests, Biased(50), 1'000'000), 1'000'000u);
}

// A source that drifts from 8 bits to none over 20,000 samples fails while it still gives something.
TEST(Health, DriftFailsBeforeTheEnd) {
  HealthTests tests(LimitsFor(kFour));
  std::mt19937_64 random(3);
  u64 at = 0;
  const u64 failed = SamplesToFailure(tests, [&]() -> u64 { return random() % 20'000 < at++ ? 0 : random() % 256; }, 20'000);
  EXPECT_LT(failed, 10'000u);
}

TEST(Health, FailureStaysUntilRestartAndRecoveryStartsOver) {
  HealthTests tests(LimitsFor(kFour));
  SamplesToFailure(tests, Stuck(1), 100);
  ASSERT_EQ(tests.status(), SourceStatus::kFailed);
  Noise good = Uniform(256);
  for (int i = 0; i < 5000; i++) tests.Feed(good());
  EXPECT_EQ(tests.status(), SourceStatus::kFailed) << "good noise alone does not forgive";
  tests.Restart();
  EXPECT_EQ(tests.status(), SourceStatus::kAbsent);
  for (u32 i = 0; i < kStartupSamples - 1; i++) tests.Feed(good());
  EXPECT_EQ(tests.status(), SourceStatus::kStarting);
  tests.Feed(good());
  EXPECT_EQ(tests.status(), SourceStatus::kHealthy);
}

TEST(Credit, RateRoundsDownAndSumsSaturate) {
  EXPECT_EQ(EntropyRate{250}.Of(1023).value, 255u);
  EXPECT_EQ(EntropyRate{250}.Of(1024).value, 256u);
  EXPECT_EQ(EntropyRate{8000}.Of(~u64{0}).value, u64{8} << 32);
  EXPECT_EQ((EntropyBits{~u64{0}} + EntropyBits{5}).value, ~u64{0});
}

TEST(Conditioner, CreditNeverExceedsInputOrOutput) {
  for (u64 bits = 0; bits < 2000; bits++) {
    const u64 credit = ConditionedCredit({bits}).value;
    EXPECT_LE(credit, std::min<u64>(bits, 256)) << bits;
    EXPECT_EQ(credit == 256, bits >= 320) << bits;
    EXPECT_GE(credit, ConditionedCredit({bits - (bits != 0)}).value) << bits;
  }
}

TEST(Conditioner, OutputIsTheHashOfAllSamples) {
  Conditioner conditioner;
  std::array<std::byte, kConditionedBytes> output, expected;
  for (std::string_view part : {"first ", "second ", "third"}) conditioner.Absorb(AsBytes(part), {8000});
  EXPECT_EQ(conditioner.samples(), 3u);
  EXPECT_EQ(conditioner.Finish(output).value, 23u);
  crypto::Sha256 hash;
  hash.Absorb(AsBytes("first second third"));
  hash.Finish(expected);
  EXPECT_EQ(output, expected);
  EXPECT_EQ(conditioner.samples(), 0u);
}

}  // namespace
}  // namespace caponier::entropy
