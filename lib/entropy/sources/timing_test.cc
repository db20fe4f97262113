#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "lib/entropy/sources/profiles.h"

namespace caponier::entropy {
namespace {

constexpr u32 kRepetitions = LimitsFor(kTimingTestRate).repetition;

// How many samples the tests take before they fail; `most` when they never do.
template <typename Next>
u32 Latency(Next next, u32 most = 20'000) {
  TimingTests tests;
  for (u32 i = 1; i <= most; i++) {
    tests.Feed(next());
    if (tests.status() == SourceStatus::kFailed) return i;
  }
  return most;
}

TEST(TimingTests, GoodNoiseIsHealthyAfterStartup) {
  std::mt19937_64 random(1);
  TimingTests tests;
  for (u32 i = 0; i < kStartupSamples; i++) {
    EXPECT_NE(tests.status(), SourceStatus::kHealthy);
    tests.Feed(1000 + random() % 64);
  }
  EXPECT_EQ(tests.status(), SourceStatus::kHealthy);
  EXPECT_EQ(Latency([&] { return 1000 + random() % 64; }), 20'000u);
  EXPECT_EQ(Latency([&] { return 1000 + random() % 3; }), 20'000u) << "poor noise is not broken noise";
}

TEST(TimingTests, AClockThatStandsFails) {
  EXPECT_EQ(Latency([] { return 70; }), kRepetitions);
}

TEST(TimingTests, AClockThatDriftsEvenlyFails) {
  u64 sample = 0, step = 0;
  EXPECT_LE(Latency([&] { return sample += 7; }), kStartupSamples) << "steps";
  EXPECT_LE(Latency([&] { return sample += step += 3; }), kStartupSamples) << "accelerates";
}

TEST(TimingTests, ARareJumpDoesNotHelp) {  // one sample in fifty is noise
  std::mt19937_64 random(1);
  u64 sample = 0;
  EXPECT_LE(Latency([&] { return random() % 50 == 0 ? random() % 1000 : sample += 7; }), 2 * kStartupSamples);
}

TEST(TimingTests, RecoversAfterRestart) {
  std::mt19937_64 random(1);
  TimingTests tests;
  for (u32 i = 0; i < kRepetitions; i++) tests.Feed(5);
  EXPECT_EQ(tests.status(), SourceStatus::kFailed);
  tests.Restart();
  for (u32 i = 0; i < kStartupSamples; i++) tests.Feed(random() % 100);
  EXPECT_EQ(tests.status(), SourceStatus::kHealthy);
}

TEST(TimingJitter, TimesItsWalk) {
  u64 now = 0;
  TimingJitter source([&] { return now += 10; });
  static_assert(NoiseSource<decltype(source)>);
  EXPECT_FALSE(source.Sample()) << "no memory yet";
  EXPECT_EQ(source.status(), SourceStatus::kAbsent);
  std::vector<u32> memory(decltype(source)::kMemoryBytes / sizeof(u32));
  source.UseMemory(memory);
  for (int i = 0; i < 2000; i++) EXPECT_EQ(source.Sample(), 10u);
  EXPECT_GT(std::ranges::count_if(memory, [](u32 word) { return word != 0; }), 14'000) << "it goes everywhere";
}

TEST(InterruptTiming, GivesTheTimesBetween) {
  InterruptRing ring;
  InterruptTiming source(ring);
  static_assert(NoiseSource<InterruptTiming>);
  EXPECT_FALSE(source.Sample());
  for (u64 counter : {100, 130, 131}) ring.Note(counter);
  EXPECT_EQ(source.waiting(), 3u);
  EXPECT_EQ(source.Sample(), 100u);
  EXPECT_EQ(source.Sample(), 30u);
  EXPECT_EQ(source.Sample(), 1u);
  EXPECT_FALSE(source.Sample());
}

TEST(InterruptTiming, ForgetsTheOldestWhenReadTooRarely) {
  InterruptRing ring;
  InterruptTiming source(ring);
  for (u64 i = 1; i <= 1000; i++) ring.Note(i * i);
  u64 sum = 0, count = 0;
  while (const auto sample = source.Sample()) {
    sum += *sample;
    count++;
  }
  EXPECT_EQ(count, InterruptRing::kSlots - 1);
  EXPECT_EQ(sum, 1000u * 1000) << "the youngest are all there";
  EXPECT_EQ(source.missed(), 1000 - count);
}

TEST(InterruptTiming, AReaderNeverSeesWhatIsBeingOverwritten) {
  InterruptRing ring;
  std::atomic<bool> stop = false;
  std::thread handler([&] {
    for (u64 counter = 1; !stop; counter++) ring.Note(counter);
  });
  InterruptTiming source(ring);
  u64 at = 0;
  for (int i = 0; i < 200'000; i++) {
    const auto sample = source.Sample();
    if (!sample) continue;
    EXPECT_GT(*sample, 0u) << "counts only grow";
    EXPECT_LT(*sample, u64{1} << 60) << "an old count came after a younger one";
    at += *sample;
  }
  stop = true;
  handler.join();
  EXPECT_GT(at, 0u);
}

}  // namespace
}  // namespace caponier::entropy
