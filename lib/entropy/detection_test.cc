// Each health test against each kind of noise: which one notices what, within how many samples, and that it forgets what is over.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lib/entropy/health.h"
#include "lib/entropy/testing/noise.h"

namespace caponier::entropy {
namespace {

using testing::Fault;
using testing::kFaults;
using testing::Noise;

constexpr EntropyRate kClaim{4000};
constexpr HealthLimits kLimits = LimitsFor(kClaim);
constexpr u64 kGoodFirst = 30'000;
using Predicate = std::function<bool(u64)>;

template <typename T, typename... Limits>
std::function<Predicate()> Make(Limits... limits) {
  return [=] { return [test = T(limits...)](u64 sample) mutable { return test.Passes(sample); }; };
}
const std::map<std::string, std::function<Predicate()>> kTests{
    {"repetition", Make<RepetitionCountTest>(kLimits.repetition)},
    {"proportion", Make<AdaptiveProportionTest>(kLimits.window, kLimits.proportion)},
    {"drift", Make<DriftTest>(kLimits)},
    {"period", Make<PeriodTest>(kLimits.period)},
};

// Samples after the fault until the test fails, or none within `limit`.
std::optional<u64> Latency(const Predicate& test, Noise& noise, Fault fault, u64 limit) {
  for (u64 i = 0; i < kGoodFirst; i++) {
    if (!test(noise.Next())) return 0;
  }
  noise.Break(fault);
  for (u64 i = 1; i <= limit; i++) {
    if (!test(noise.Next())) return i;
  }
  return {};
}

// The most samples that a test may take to notice; 0 where it must not notice at all, since the next test is for that.
struct Expectation {
  const char* test;
  Fault fault;
  u64 at_most;
};
constexpr u64 kNever = 0;
constexpr u64 kFarBound = (1 << 16) + 2 * 20'000 + 16;  // the window that goes on, then two periods
constexpr Expectation kExpectations[] = {
    {"repetition", Fault::kNone, kNever},
    {"repetition", Fault::kStuck, 9},
    {"repetition", Fault::kFading, 20'000},
    {"repetition", Fault::kCounting, kNever},
    {"repetition", Fault::kPeriodic, kNever},
    {"repetition", Fault::kPlayedBack, kNever},
    {"proportion", Fault::kNone, kNever},
    {"proportion", Fault::kStuck, 512 + 71},
    {"proportion", Fault::kBiased, 20 * 512},  // a window that starts with the frequent value, of which there are three in ten
    {"proportion", Fault::kFading, 20'000},
    {"proportion", Fault::kCounting, kNever},
    {"proportion", Fault::kPlayedBack, kNever},
    {"drift", Fault::kNone, kNever},
    {"drift", Fault::kStuck, 10},
    {"drift", Fault::kFading, 20'000},
    {"drift", Fault::kDrifting, 2 * 512},
    {"drift", Fault::kCounting, 10},
    {"drift", Fault::kPlayedBack, kNever},
    {"period", Fault::kNone, kNever},
    {"period", Fault::kStuck, 512 + 4 * 8},
    {"period", Fault::kCounting, kFarBound},
    {"period", Fault::kPeriodic, 512 + 2 * 100 + 8},
    {"period", Fault::kPlayedBack, kFarBound},
};

TEST(Detection, EachTestNoticesWhatItIsForAndNothingElse) {
  for (const Expectation& expected : kExpectations) {
    SCOPED_TRACE(::testing::Message() << expected.test << " " << FaultName(expected.fault));
    for (u64 seed = 1; seed <= 5; seed++) {
      Noise noise(4, seed);
      const auto latency = Latency(kTests.at(expected.test)(), noise, expected.fault, 150'000);
      if (expected.at_most == kNever) {
        EXPECT_FALSE(latency.has_value()) << *latency;
      } else {
        ASSERT_TRUE(latency.has_value());
        EXPECT_GE(*latency, 1u) << "a false alarm";
        EXPECT_LE(*latency, expected.at_most);
      }
    }
  }
}

// Matches that share samples are one: nine equal samples hold eight equal ones twice.
TEST(Period, OverlappingMatchesCountOnce) {
  PeriodTest test({.shift = 8, .near_window = 64, .far_window = 64, .near_matches = 2, .far_matches = 2});
  const auto give = [&](u64 count, u64 first, u64 step) {
    bool passes = true;
    for (u64 i = 0; i < count; i++) passes = test.Passes(first + i * step) && passes;
    return passes;
  };
  EXPECT_TRUE(give(9, 7, 0)) << "what is remembered";
  EXPECT_TRUE(give(20, 100, 1));
  EXPECT_TRUE(give(9, 7, 0));
  EXPECT_TRUE(give(9, 200, 1));
  EXPECT_FALSE(give(8, 7, 0));
}

// When the noise is good again a test passes again, by its next window at the latest, and goes on passing.
TEST(Detection, EachTestPassesOnceNoiseHasRecovered) {
  for (const auto& [name, make] : kTests) {
    for (const Fault fault : {Fault::kStuck, Fault::kFading, Fault::kDrifting, Fault::kPeriodic, Fault::kPlayedBack}) {
      SCOPED_TRACE(::testing::Message() << name << " " << FaultName(fault));
      Noise noise(4, 1);
      const Predicate test = make();
      Latency(test, noise, fault, 150'000);
      noise.Recover();
      for (u64 i = 0; i < (1 << 16) + 64; i++) test(noise.Next());
      for (u64 i = 0; i < 200'000; i++) ASSERT_TRUE(test(noise.Next())) << i;
    }
  }
}

// All together, at every claim: good noise passes, each fault is noticed, and after a restart recovered noise is healthy again after start-up.
TEST(Detection, EveryFaultIsNoticedAtEveryClaim) {
  constexpr std::pair<double, HealthLimits> kClaims[] = {
      {8, LimitsFor({8000})}, {4, LimitsFor({4000})}, {1, LimitsFor({1000})}, {0.5, LimitsFor({500})}};
  for (const auto& [bits, limits] : kClaims) {
    for (const Fault fault : kFaults) {
      SCOPED_TRACE(::testing::Message() << bits << " bits, " << FaultName(fault));
      HealthTests tests(limits);
      Noise noise(bits, 7);
      for (u64 i = 0; i < kGoodFirst; i++) tests.Feed(noise.Next());
      ASSERT_EQ(tests.status(), SourceStatus::kHealthy);
      noise.Break(fault);
      for (u64 i = 0; i < 150'000 && tests.status() == SourceStatus::kHealthy; i++) tests.Feed(noise.Next());
      // What drifting noise of an eighth of a bit has left, 0.4 bits a step, is too near to a claim of half a bit.
      const bool broken = fault != Fault::kNone && !(bits < 1 && fault == Fault::kDrifting);
      EXPECT_EQ(tests.status(), broken ? SourceStatus::kFailed : SourceStatus::kHealthy);
      noise.Recover();
      tests.Restart();
      for (u32 i = 0; i < kStartupSamples; i++) tests.Feed(noise.Next());
      EXPECT_EQ(tests.status(), SourceStatus::kHealthy);
    }
  }
}

}  // namespace
}  // namespace caponier::entropy
