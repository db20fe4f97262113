#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "lib/entropy/sources/profiles.h"
#include "lib/entropy/testing/draw_up_to.h"

namespace caponier::entropy {
namespace {

using testing::DrawUpTo;
static_assert(NoiseSource<FirmwareSeed> && NoiseSource<VirtioRng> && NoiseSource<LauncherSeed>);

// A CPU whose instruction gives these words in turn, then nothing.
class FakeCpu {
 public:
  explicit FakeCpu(std::vector<std::optional<u64>> words) : words_(std::move(words)) {}
  std::optional<u64> Read() {
    reads_++;
    return reads_ <= words_.size() ? words_[reads_ - 1] : std::nullopt;
  }
  size_t reads() const { return reads_; }

 private:
  std::vector<std::optional<u64>> words_;
  size_t reads_ = 0;
};

std::vector<std::optional<u64>> GoodWords(size_t count, u64 seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::optional<u64>> words(count);
  for (auto& word : words) word = random();
  return words;
}

TEST(Profiles, AreFoundByIdAndClaimNoMoreThanASampleHolds) {
  for (size_t i = 0; i < kSourceCount; i++) {
    const SourceProfile& profile = ProfileOf(static_cast<SourceId>(i));
    EXPECT_EQ(static_cast<size_t>(profile.id), i);
    EXPECT_LE(profile.credit.millibits_per_sample, profile.sample_bytes * 8000);
    const bool credited = profile.trust != TrustClass::kNobody && profile.trust != TrustClass::kTiming;
    EXPECT_EQ(profile.credit.millibits_per_sample != 0, credited);
  }
}

TEST(CpuInstruction, GoodWordsBecomeHealthyAfterStartup) {
  FakeCpu cpu(GoodWords(1000));
  CpuInstruction source(kCpuRandomProfile, [&] { return cpu.Read(); });
  static_assert(NoiseSource<decltype(source)>);
  EXPECT_EQ(source.status(), SourceStatus::kAbsent);
  EXPECT_EQ(DrawUpTo(source, 127), 127u);
  EXPECT_EQ(source.status(), SourceStatus::kStarting);
  EXPECT_EQ(DrawUpTo(source, 1), 1u);
  EXPECT_EQ(source.status(), SourceStatus::kHealthy);
  EXPECT_EQ(DrawUpTo(source, 800), 800u);
}

// What real CPUs did, each with success reported: all ones, zeros, the same again. Detected at the first such word (the repeat: second).
TEST(CpuInstruction, KnownFaultsAreDetectedAtOnce) {
  for (auto [fault, latency] : {std::pair{~u64{0}, 1u}, {u64{0}, 1u}, {u64{0x123456789abcdef1}, 2u}}) {
    auto words = GoodWords(200);
    for (int i = 0; i < 5; i++) words.push_back(fault);
    FakeCpu cpu(words);
    CpuInstruction source(kCpuSeedProfile, [&] { return cpu.Read(); });
    EXPECT_EQ(DrawUpTo(source, 1000), 200 + latency) << fault;
    EXPECT_EQ(source.status(), SourceStatus::kFailed);
  }
}

TEST(CpuInstruction, OneStuckByteOfEightFails) {
  for (unsigned lane = 0; lane < kWordLanes; lane++) {
    auto words = GoodWords(100);
    for (auto& word : words) word = *word | u64{0xff} << (8 * lane);
    FakeCpu cpu(words);
    CpuInstruction source(kCpuRandomProfile, [&] { return cpu.Read(); });
    EXPECT_EQ(DrawUpTo(source, 100), LimitsFor(kWordByteRate).repetition) << lane;
    EXPECT_EQ(source.status(), SourceStatus::kFailed);
  }
}

TEST(CpuInstruction, OneBiasedByteOfEightFails) {  // one value in three draws
  for (unsigned lane = 0; lane < kWordLanes; lane++) {
    auto words = GoodWords(5000);
    for (size_t i = 0; i < words.size(); i += 3) words[i] = *words[i] | u64{0xff} << (8 * lane);
    FakeCpu cpu(words);
    CpuInstruction source(kCpuRandomProfile, [&] { return cpu.Read(); });
    EXPECT_LT(DrawUpTo(source, 5000), 10 * kProportionWindow) << lane;
    EXPECT_EQ(source.status(), SourceStatus::kFailed);
  }
}

TEST(CpuInstruction, RetriesAreBounded) {
  for (auto [profile, tries] : {std::pair{&kCpuRandomProfile, kCpuRandomTries}, {&kCpuSeedProfile, kCpuSeedTries}}) {
    FakeCpu cpu({});
    CpuInstruction source(*profile, [&] { return cpu.Read(); });
    EXPECT_FALSE(source.Sample());
    EXPECT_EQ(cpu.reads(), tries);
    EXPECT_EQ(source.status(), SourceStatus::kStarved);
  }
}

TEST(CpuInstruction, RetriesWithinTheBoundSucceed) {
  std::vector<std::optional<u64>> words(kCpuRandomTries - 1);
  words.push_back(5);
  FakeCpu cpu(words);
  CpuInstruction source(kCpuRandomProfile, [&] { return cpu.Read(); });
  EXPECT_EQ(source.Sample(), 5u);
}

TEST(CpuInstruction, StarvationDuringStartupIsNotHealth) {
  FakeCpu cpu(GoodWords(50));
  CpuInstruction source(kCpuSeedProfile, [&] { return cpu.Read(); });
  EXPECT_EQ(DrawUpTo(source, 128), 50u);
  EXPECT_EQ(source.status(), SourceStatus::kStarting);
}

TEST(CpuInstruction, RecoversAfterRestart) {
  auto words = GoodWords(10);
  words.push_back(~u64{0});
  for (auto& word : GoodWords(200, 2)) words.push_back(word);
  FakeCpu cpu(words);
  CpuInstruction source(kCpuRandomProfile, [&] { return cpu.Read(); });
  EXPECT_EQ(DrawUpTo(source, 300), 11u);
  EXPECT_EQ(DrawUpTo(source, 5), 1u) << "stays failed";
  source.Restart();
  EXPECT_EQ(DrawUpTo(source, 128), 128u);
  EXPECT_EQ(source.status(), SourceStatus::kHealthy);
}

bool IsZero(const std::vector<std::byte>& bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}
std::vector<std::byte> RandomBytes(size_t count) {
  std::mt19937_64 random(4);
  std::vector<std::byte> bytes(count);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() | 1);  // never zero, so that a wipe shows
  return bytes;
}

TEST(FirmwareSeed, GivesItsBytesOnceAndErasesThem) {
  std::vector<std::byte> seed = RandomBytes(32);
  const std::vector<std::byte> original = seed;
  FirmwareSeed source(seed);
  EXPECT_EQ(source.status(), SourceStatus::kAbsent);
  for (size_t i = 0; i < 32; i++) {
    const auto sample = source.Sample();
    ASSERT_EQ(sample, static_cast<u64>(original[i]));
    EXPECT_EQ(seed[i], std::byte{0});
    source.Test(*sample);
  }
  EXPECT_FALSE(source.Sample());
  EXPECT_EQ(source.status(), SourceStatus::kHealthy);
  EXPECT_TRUE(IsZero(seed));
}

TEST(FirmwareSeed, ErasesWhatWasNotRead) {
  std::vector<std::byte> seed = RandomBytes(32);
  {
    FirmwareSeed source(seed);
  }
  EXPECT_TRUE(IsZero(seed));
}

TEST(FirmwareSeed, ConstantSeedFails) {
  for (u8 value : {0x00, 0xff, 0x41}) {
    std::vector<std::byte> seed(32, std::byte{value});
    FirmwareSeed source(seed);
    EXPECT_EQ(DrawUpTo(source, 32), 5u);
    EXPECT_EQ(source.status(), SourceStatus::kFailed);
    EXPECT_TRUE(IsZero(seed));
  }
}

TEST(VirtioRng, HealthyOnlyAfterStartupAcrossBuffers) {
  std::vector<std::byte> all = RandomBytes(VirtioRng::kBootBytes);
  VirtioRng source;
  EXPECT_FALSE(source.Sample());
  EXPECT_EQ(source.status(), SourceStatus::kAbsent);
  for (size_t at = 0; at < all.size(); at += 64) {
    EXPECT_NE(source.status(), SourceStatus::kHealthy);
    source.Offer(MutableBytes(all).subspan(at, 64));
    EXPECT_EQ(DrawUpTo(source, 1000), 64u);
  }
  EXPECT_EQ(source.status(), SourceStatus::kHealthy);
  EXPECT_TRUE(IsZero(all));
}

TEST(VirtioRng, DeviceThatTurnsToZerosFailsAndLeavesNothing) {
  std::vector<std::byte> bytes = RandomBytes(2048);
  std::fill(bytes.begin() + 1500, bytes.begin() + 1600, std::byte{0});
  VirtioRng source;
  source.Offer(bytes);
  EXPECT_EQ(DrawUpTo(source, 5000), 1505u);
  EXPECT_TRUE(IsZero(bytes));
  EXPECT_FALSE(source.Sample());
}

TEST(LauncherSeed, IsGivenAndErased) {
  std::vector<std::byte> seed(8, std::byte{7});  // repeats are allowed: nothing is claimed
  LauncherSeed source(seed);
  EXPECT_EQ(DrawUpTo(source, 100), 8u);
  EXPECT_EQ(source.status(), SourceStatus::kHealthy);
  EXPECT_TRUE(IsZero(seed));
}

}  // namespace
}  // namespace caponier::entropy
