#include "lib/random/harvest.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "lib/random/account.h"
#include "lib/random/random.h"

namespace caponier::random {
namespace {

using entropy::BootWords;
using entropy::CpuInstruction;
using entropy::kCpuRandomProfile;
using entropy::kCpuSeedProfile;

auto GoodCpu(const entropy::SourceProfile& profile, u64 seed = 1) {
  return CpuInstruction(profile, [random = std::mt19937_64(seed)]() mutable -> std::optional<u64> { return random(); });
}
std::vector<std::byte> RandomBytes(size_t count, u64 seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> bytes(count);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}
std::array<std::byte, 32> FirstDraw(Root& root) {
  std::array<std::byte, 32> block;
  Stream::Open(root, root.Proof().value(), "test").Fill(block);
  return block;
}

TEST(Harvest, BootWordsOfEitherInstructionSeed) {
  for (const auto* profile : {&kCpuSeedProfile, &kCpuRandomProfile}) {
    Root root;
    auto cpu = GoodCpu(*profile);
    Harvest(root, cpu, BootWords(*profile));
    EXPECT_TRUE(root.Proof().ok()) << profile->name;
    EXPECT_EQ(root.source(profile->id).status, SourceStatus::kHealthy);
    EXPECT_EQ(root.source(profile->id).samples, BootWords(*profile));
  }
}

TEST(Harvest, SurplusMakesMoreThanOneBlock) {
  Root root;
  auto cpu = GoodCpu(kCpuSeedProfile);
  // 128 words at 32 bits: twelve blocks of ten words, and eight words over.
  EXPECT_EQ(Harvest(root, cpu, 128).value, 12u * 256 + 255);
}

TEST(Harvest, OneWordLessThanASeedDoesNot) {
  Root root;
  auto cpu = GoodCpu(kCpuRandomProfile);
  EXPECT_EQ(Harvest(root, cpu, BootWords(kCpuRandomProfile) - 1).value, 255u);
  EXPECT_FALSE(root.Proof().ok());
}

TEST(Harvest, NothingIsCreditedDuringStartup) {
  Root root;
  auto cpu = GoodCpu(kCpuSeedProfile);
  EXPECT_EQ(Harvest(root, cpu, 127).value, 0u);
  EXPECT_EQ(root.source(SourceId::kCpuSeed).status, SourceStatus::kStarting);
  EXPECT_FALSE(root.Proof().ok());
  EXPECT_GT(Harvest(root, cpu, 10).value, 0u);
}

TEST(Harvest, RefusesAbsentSources) {
  Root root;
  CpuInstruction cpu(kCpuRandomProfile, []() -> std::optional<u64> { return {}; });
  EXPECT_EQ(Harvest(root, cpu, 10'000).value, 0u);
  entropy::VirtioRng silent;
  Harvest(root, silent, 10'000);
  EXPECT_EQ(root.Proof().error(), Error::kNotSeeded);
  EXPECT_EQ(root.source(SourceId::kCpuRandom).status, SourceStatus::kStarved);
  EXPECT_EQ(root.source(SourceId::kVirtioRng).status, SourceStatus::kAbsent);
}

TEST(Harvest, BrokenSourceLosesItsCreditAndMayEarnItBack) {
  Root root;
  bool broken = false;
  std::mt19937_64 random(1);
  CpuInstruction cpu(kCpuSeedProfile, [&]() -> std::optional<u64> { return broken ? ~u64{0} : random(); });
  Harvest(root, cpu, 128);
  ASSERT_TRUE(root.Proof().ok());
  broken = true;
  EXPECT_EQ(Harvest(root, cpu, 100).value, 0u);
  EXPECT_EQ(root.source(SourceId::kCpuSeed).samples, 129u) << "nothing more is asked of it";
  EXPECT_FALSE(root.Proof().ok());
  EXPECT_EQ(root.source(SourceId::kCpuSeed).failures, 1u);
  broken = false;
  Harvest(root, cpu, 128);
  EXPECT_FALSE(root.Proof().ok()) << "not before a restart";
  cpu.Restart();
  Harvest(root, cpu, 128);
  EXPECT_TRUE(root.Proof().ok());
  EXPECT_EQ(root.source(SourceId::kCpuSeed).failures, 1u);
}

TEST(Harvest, DryAfterStartupStillCounts) {
  Root root;
  std::mt19937_64 random(1);
  int left = 200;
  CpuInstruction cpu(kCpuSeedProfile, [&]() -> std::optional<u64> {
    if (left == 0) return {};
    left--;
    return random();
  });
  EXPECT_GE(Harvest(root, cpu, 1000).value, 256u);
  EXPECT_EQ(root.source(SourceId::kCpuSeed).status, SourceStatus::kStarved);
  EXPECT_TRUE(root.Proof().ok());
}

TEST(Harvest, FirmwareSeedOf32BytesSeedsAndIsErased) {
  Root root;
  std::vector<std::byte> seed = RandomBytes(32);
  entropy::FirmwareSeed source(seed);
  EXPECT_EQ(Harvest(root, source, 1000).value, 256u);
  EXPECT_TRUE(root.Proof().ok());
  EXPECT_EQ(seed, std::vector<std::byte>(32));
}

TEST(Harvest, FirmwareSeedOf31BytesDoesNot) {
  Root root;
  std::vector<std::byte> seed = RandomBytes(31);
  entropy::FirmwareSeed source(seed);
  EXPECT_EQ(Harvest(root, source, 1000).value, 248u);
  EXPECT_FALSE(root.Proof().ok());
}

TEST(Harvest, EverySampleReachesTheOutput) {
  for (size_t flipped : {0u, 31u, 32u, 500u, 1023u}) {
    std::set<std::array<std::byte, 32>> draws;
    for (bool flip : {false, true}) {
      Root root;
      std::vector<std::byte> bytes = RandomBytes(1024);
      if (flip) bytes[flipped] ^= std::byte{1};
      entropy::VirtioRng source;
      source.Offer(bytes);
      Harvest(root, source, 1024);
      draws.insert(FirstDraw(root));
    }
    EXPECT_EQ(draws.size(), 2u) << flipped;
  }
  for (u64 flipped : {0u, 100u, 1279u}) {
    std::set<std::array<std::byte, 32>> draws;
    for (bool flip : {false, true}) {
      Root root;
      CpuInstruction cpu(kCpuRandomProfile,
                         [random = std::mt19937_64(1), flip, flipped, at = u64{0}]() mutable -> std::optional<u64> {
                           return random() ^ (flip && at++ == flipped ? 2 : 0);
                         });
      Harvest(root, cpu, 1280);
      draws.insert(FirstDraw(root));
    }
    EXPECT_EQ(draws.size(), 2u) << flipped;
  }
}

// After the first seed, what a healthy source gives also feeds its hedge, event by event.
TEST(Harvest, HedgeReseedsFromHealthySourcesOnly) {
  Root root;
  std::mt19937_64 random(1);
  bool broken = false;
  CpuInstruction cpu(kCpuSeedProfile, [&]() -> std::optional<u64> { return broken ? ~u64{0} : random(); });
  Harvest(root, cpu, 128);
  Stream stream = Stream::Open(root, root.Proof().value(), "test");
  EXPECT_EQ(root.hedge_reseeds(), 0u) << "all of it is in the first seed";
  const u64 generation = root.generation();
  Harvest(root, cpu, 10);  // one event of 256 bits: the hedge's
  EXPECT_EQ(root.hedge_reseeds(), 1u);
  EXPECT_NE(root.generation(), generation) << "streams must take new keys";
  Harvest(root, cpu, 30);  // three: the pools'
  EXPECT_EQ(root.hedge_reseeds(), 1u);
  Harvest(root, cpu, 40);
  EXPECT_EQ(root.hedge_reseeds(), 2u);
  EXPECT_EQ(root.reseeds(), 1u);

  std::vector<std::byte> bytes = RandomBytes(2 * entropy::VirtioRng::kBootBytes);
  entropy::VirtioRng starting;
  starting.Offer(bytes);
  Harvest(root, starting, entropy::VirtioRng::kBootBytes - 1);
  EXPECT_EQ(root.hedge_reseeds(), 2u) << "not before the start-up test is over";
  Harvest(root, starting, 1 + 8 * 32);  // nine events, the last a single byte: two turns' worth
  EXPECT_EQ(root.hedge_reseeds(), 4u);
  std::vector<std::byte> seed = RandomBytes(1024);
  entropy::LauncherSeed launcher(seed);
  Harvest(root, launcher, 1024);
  EXPECT_EQ(root.hedge_reseeds(), 4u) << "nobody vouches for it";
}

TEST(Harvest, HedgeForgetsTheCreditOfABrokenSource) {
  for (const bool breaks : {false, true}) {
    Root root;
    root.Absorb(SourceId::kFirmwareSeed, RandomBytes(32), {256});
    root.Absorb(SourceId::kVirtioRng, RandomBytes(32), {256});
    Stream::Open(root, root.Proof().value(), "test");
    root.Absorb(SourceId::kVirtioRng, RandomBytes(32), {130});
    if (breaks) root.Note(SourceId::kVirtioRng, SourceStatus::kFailed);
    root.Absorb(SourceId::kVirtioRng, RandomBytes(32), {130});
    EXPECT_EQ(root.hedge_reseeds(), breaks ? 0u : 1u);
  }
}

TEST(Account, IsJsonWithEverySource) {
  Root root;
  auto cpu = GoodCpu(kCpuRandomProfile);
  Harvest(root, cpu, 1280);
  std::vector<std::byte> stuck(32, std::byte{1});
  entropy::FirmwareSeed firmware(stuck);
  Harvest(root, firmware, 32);
  InlineText<2048> text;
  WriteAccount(root, text);
  EXPECT_EQ(text.text(),
            R"({"seeded":true,"credited_bits":256,"reseeds":0,"hedge_reseeds":0,"sources":[)"
            R"({"name":"cpu-seed","trust":"cpu-vendor","status":"absent","credited_bits":0,"samples":0,"failures":0},)"
            R"({"name":"cpu-random","trust":"cpu-vendor","status":"healthy","credited_bits":256,"samples":1280,"failures":0},)"
            R"({"name":"firmware-seed","trust":"host","status":"failed","credited_bits":0,"samples":5,"failures":1},)"
            R"({"name":"virtio-rng","trust":"host","status":"absent","credited_bits":0,"samples":0,"failures":0},)"
            R"({"name":"launcher-seed","trust":"nobody","status":"absent","credited_bits":0,"samples":0,"failures":0},)"
            R"({"name":"program-write","trust":"nobody","status":"absent","credited_bits":0,"samples":0,"failures":0},)"
            R"({"name":"timing-jitter","trust":"timing","status":"absent","credited_bits":0,"samples":0,"failures":0},)"
            R"({"name":"interrupt-timing","trust":"timing","status":"absent","credited_bits":0,"samples":0,"failures":0},)"
            R"({"name":"arm-trng","trust":"host","status":"absent","credited_bits":0,"samples":0,"failures":0},)"
            R"({"name":"vm-generation","trust":"nobody","status":"absent","credited_bits":0,"samples":0,"failures":0}]})");
}

// The source lattice, small form. For every subset of the four sources that are honest (fresh noise at every boot), the others hostile in
// one of two ways, the first draws of many boots are all different exactly when one source is honest and somebody is credited.
enum class Hostility { kConstant, kReplayed };

std::vector<std::byte> HostileBytes(Hostility hostility, size_t count) {
  return hostility == Hostility::kConstant ? std::vector<std::byte>(count, std::byte{0x55}) : RandomBytes(count, 99);
}

void Boot(Root& root, unsigned honest, Hostility hostility, u64 boot) {
  std::mt19937_64 fresh(1000 + boot), replayed(99);
  CpuInstruction cpu(kCpuSeedProfile, [&]() -> std::optional<u64> {
    if (honest & 1) return fresh();
    return hostility == Hostility::kConstant ? 0x5555555555555555 : replayed();
  });
  std::vector<std::byte> firmware = honest & 2 ? RandomBytes(32, 2000 + boot) : HostileBytes(hostility, 32);
  std::vector<std::byte> device = honest & 4 ? RandomBytes(1024, 3000 + boot) : HostileBytes(hostility, 1024);
  std::vector<std::byte> launcher = honest & 8 ? RandomBytes(32, 4000 + boot) : HostileBytes(hostility, 32);
  Harvest(root, cpu, 128);
  entropy::FirmwareSeed firmware_seed(firmware);
  Harvest(root, firmware_seed, 32);
  entropy::VirtioRng virtio;
  virtio.Offer(device);
  Harvest(root, virtio, 1024);
  entropy::LauncherSeed launcher_seed(launcher);
  Harvest(root, launcher_seed, 32);
}

TEST(Lattice, OneHonestSourceIsEnoughAndNoneIsNot) {
  constexpr u64 kBoots = 20;
  for (Hostility hostility : {Hostility::kConstant, Hostility::kReplayed}) {
    for (unsigned honest = 0; honest < 16; honest++) {
      std::set<std::array<std::byte, 32>> draws;
      u64 refused = 0;
      for (u64 boot = 0; boot < kBoots; boot++) {
        Root root;
        Boot(root, honest, hostility, boot);
        if (root.Proof().ok()) {
          draws.insert(FirstDraw(root));
        } else {
          refused++;
        }
      }
      SCOPED_TRACE(testing::Message() << "honest " << honest << " hostility " << static_cast<int>(hostility));
      const bool credited_honest = (honest & 7) != 0;
      if (credited_honest) {
        EXPECT_EQ(draws.size(), kBoots);
      } else if (hostility == Hostility::kConstant) {
        EXPECT_EQ(refused, kBoots) << "health tests see constants; the launcher's seed earns nothing";
      } else {
        // Replayed good noise passes every health test: credit rests on the source's word. The launcher's seed still tells boots apart.
        EXPECT_EQ(refused, 0u);
        EXPECT_EQ(draws.size(), honest & 8 ? kBoots : 1);
      }
    }
  }
}

}  // namespace
}  // namespace caponier::random
