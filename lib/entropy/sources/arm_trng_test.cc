#include "lib/entropy/sources/arm_trng.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "lib/entropy/testing/draw_up_to.h"

namespace caponier::entropy {
namespace {

using smccc::Registers;
using testing::DrawUpTo;

// Firmware that answers what it was told to, and says NOT_SUPPORTED to the rest.
struct FakeFirmware {
  std::map<u32, i32> answers{{smccc::kPsciVersion, 0x1'0001},
                             {smccc::kPsciFeatures, 0},
                             {smccc::kSmcccVersion, 0x1'0002},
                             {smccc::kTrngVersion, 0x1'0000},
                             {smccc::kTrngFeatures, 0}};
  std::set<u32> called;
  u32 busy = 0;      // so many calls for numbers find none ready
  i32 failure = -3;  // what those say: NO_ENTROPY
  bool stuck = false;
  u64 bits_asked = 0;
  u32 draws = 0;
  std::mt19937_64 random{1};

  Registers Call(u32 function, u64 argument) {
    called.insert(function);
    if (function == smccc::kTrngRandom64) {
      bits_asked = argument;
      draws++;
      if (draws <= busy) return {static_cast<u32>(failure), 0, 0, 0};
      if (stuck) return {0, 7, 7, 7};
      return {0, random(), random(), random()};
    }
    const auto answer = answers.find(function);
    return {static_cast<u32>(answer == answers.end() ? -1 : answer->second), 0, 0, 0};
  }
};

auto CallTo(FakeFirmware& firmware) {
  return [&firmware](u32 function, u64 argument) { return firmware.Call(function, argument); };
}

TEST(ArmTrng, IsOfferedOnlyWhenEveryStepSaysSo) {
  FakeFirmware whole;
  EXPECT_TRUE(ArmTrngIsOffered(CallTo(whole)));
  for (const auto& [function, answer] : FakeFirmware().answers) {
    FakeFirmware lacking;
    lacking.answers.erase(function);
    EXPECT_FALSE(ArmTrngIsOffered(CallTo(lacking))) << std::hex << function;
    EXPECT_FALSE(lacking.called.contains(smccc::kTrngRandom64));
  }
}

TEST(ArmTrng, OldFirmwareIsNotAskedForWhatItMayNotKnow) {
  FakeFirmware old;
  old.answers[smccc::kPsciVersion] = 2;  // PSCI 0.2: an unknown function may do anything
  EXPECT_FALSE(ArmTrngIsOffered(CallTo(old)));
  EXPECT_EQ(old.called, std::set<u32>{smccc::kPsciVersion});
  FakeFirmware first;
  first.answers[smccc::kSmcccVersion] = 0x1'0000;
  EXPECT_FALSE(ArmTrngIsOffered(CallTo(first)));
  EXPECT_FALSE(first.called.contains(smccc::kTrngVersion));
}

TEST(ArmTrng, ThreeWordsACall) {
  FakeFirmware firmware;
  ArmTrng source(CallTo(firmware));
  static_assert(NoiseSource<decltype(source)>);
  EXPECT_EQ(source.status(), SourceStatus::kAbsent);
  EXPECT_EQ(DrawUpTo(source, kArmTrngBootWords), kArmTrngBootWords);
  EXPECT_EQ(firmware.bits_asked, 192u);
  EXPECT_EQ(firmware.draws, (kArmTrngBootWords + 2) / 3);
  EXPECT_EQ(source.status(), SourceStatus::kHealthy);
}

TEST(ArmTrng, WaitsForEntropyButNotForEver) {
  FakeFirmware firmware;
  firmware.busy = 5;
  ArmTrng source(CallTo(firmware));
  EXPECT_TRUE(source.Sample());
  EXPECT_EQ(firmware.draws, 6u);
  FakeFirmware silent;
  silent.busy = ~0u;
  ArmTrng none(CallTo(silent));
  EXPECT_FALSE(none.Sample());
  EXPECT_EQ(silent.draws, kArmTrngTries);
  EXPECT_EQ(none.status(), SourceStatus::kStarved);
}

TEST(ArmTrng, AnErrorEndsItAtOnce) {
  FakeFirmware firmware;
  firmware.busy = ~0u;
  firmware.failure = -2;  // INVALID_PARAMETERS
  ArmTrng source(CallTo(firmware));
  EXPECT_FALSE(source.Sample());
  EXPECT_EQ(firmware.draws, 1u);
}

TEST(ArmTrng, AStuckOneFails) {
  FakeFirmware firmware;
  firmware.stuck = true;
  ArmTrng source(CallTo(firmware));
  EXPECT_EQ(DrawUpTo(source, 100), 2u);
  EXPECT_EQ(source.status(), SourceStatus::kFailed);
}

}  // namespace
}  // namespace caponier::entropy
