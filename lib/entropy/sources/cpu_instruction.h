// The CPU's random number instructions. The instruction itself is handed in: `read` executes it once and says nothing when the
// CPU reports that no number was ready.
//
// RDSEED and RNDRRS (kCpuSeed): each word comes from a conditioner, or from a generator reseeded for it, that the vendor claims full
// entropy for [intel-drng] "RDSEED", [arm-arm] FEAT_RNG. We credit half: 32 bits a word.
// RDRAND and RNDR (kCpuRandom): words of a deterministic generator. Intel's takes a seed of 256 bits at least every 511 blocks of 128 bits
// [intel-drng] "Deterministic Random Bit Generator", so 1,024 words in a row are sure to rest on one whole seed, and on more only by
// luck: we credit 256 bits for 1,024 words, a quarter of a bit a word. Other vendors publish less and are credited the same.
//
// What CPUs were seen to do, and what the tests after each word are for: all ones with success after a resume from sleep, zeros
// with success, the same word again, and no success at all. A CPU that gives numbers known to somebody passes every test.
#pragma once

#include <array>
#include <concepts>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/entropy/health.h"

namespace caponier::entropy {

inline constexpr SourceProfile kCpuSeedProfile{.id = SourceId::kCpuSeed,
                                               .name = "cpu-seed",
                                               .trust = TrustClass::kCpuVendor,
                                               .sample_bytes = 8,
                                               .credit = {32'000},
                                               .condition = true};
inline constexpr SourceProfile kCpuRandomProfile{.id = SourceId::kCpuRandom,
                                                 .name = "cpu-random",
                                                 .trust = TrustClass::kCpuVendor,
                                                 .sample_bytes = 8,
                                                 .credit = {250},
                                                 .condition = true};

// A word is tested as eight samples of a byte, at 4 bits each: what RDSEED is credited with, and more than RDRAND is. Each of the eight
// has tests of its own, so that one stuck byte in otherwise good words is seen as the stuck source it is.
inline constexpr size_t kCpuLanes = 8;
inline constexpr EntropyRate kCpuByteRate{4'000};
inline constexpr u32 kCpuStartupWords = kStartupSamples / kCpuLanes;
static_assert(kCpuLanes * kCpuByteRate.millibits_per_sample >= kCpuSeedProfile.credit.millibits_per_sample);
static_assert(kCpuLanes * kCpuByteRate.millibits_per_sample >= kCpuRandomProfile.credit.millibits_per_sample);

// [intel-drng] "Retry Recommendations" lets RDRAND fail ten times in a row before it counts as broken; RDSEED runs dry whenever another
// core or guest is quicker (it gives way for good only when the count ends, so that a starved machine stops instead of hanging).
inline constexpr u32 kCpuRandomTries = 10;
inline constexpr u32 kCpuSeedTries = 1'000;

template <typename Read>
  requires std::same_as<std::invoke_result_t<Read&>, std::optional<u64>>
class CpuInstruction {
 public:
  constexpr CpuInstruction(const SourceProfile& profile, Read read) : id_(profile.id), read_(read) {}

  constexpr const SourceProfile& profile() const { return id_ == SourceId::kCpuSeed ? kCpuSeedProfile : kCpuRandomProfile; }

  constexpr std::optional<u64> Sample() {
    const u32 tries = id_ == SourceId::kCpuSeed ? kCpuSeedTries : kCpuRandomTries;
    for (u32 i = 0; i < tries; i++) {
      if (const std::optional<u64> word = read_()) {
        starved_ = false;
        return word;
      }
    }
    starved_ = true;
    return {};
  }

  constexpr void Test(u64 word) {
    // Each of these happens to honest words once in 2^64.
    if (word == 0 || word == ~u64{0} || word == last_) lanes_[0].Fail();
    last_ = word;
    for (size_t lane = 0; lane < kCpuLanes; lane++) lanes_[lane].Feed(word >> (8 * lane) & 0xff);
  }

  constexpr SourceStatus status() const {
    for (const HealthTests& lane : lanes_) {
      if (lane.status() == SourceStatus::kFailed) return SourceStatus::kFailed;
    }
    const SourceStatus tests = lanes_[0].status();
    return starved_ && tests != SourceStatus::kStarting ? SourceStatus::kStarved : tests;
  }
  // After a failure: forgets it, and starts the start-up test again.
  constexpr void Restart() {
    for (HealthTests& lane : lanes_) lane.Restart();
    last_ = 0;
  }

 private:
  SourceId id_;
  Read read_;
  static constexpr HealthTests kLane{LimitsFor(kCpuByteRate), kCpuStartupWords};
  std::array<HealthTests, kCpuLanes> lanes_{kLane, kLane, kLane, kLane, kLane, kLane, kLane, kLane};
  u64 last_ = 0;  // zero is refused anyway, so it can stand for "none yet"
  bool starved_ = false;
};

// Words to draw at boot: enough for the start-up test and for a full seed from this source alone.
constexpr u64 BootWords(const SourceProfile& profile) {
  const u64 seed = ((8 * 32 + 64) * 1000 + profile.credit.millibits_per_sample - 1) / profile.credit.millibits_per_sample;
  return seed > kCpuStartupWords ? seed : kCpuStartupWords;
}
static_assert(BootWords(kCpuSeedProfile) == 128 && BootWords(kCpuRandomProfile) == 1280);

}  // namespace caponier::entropy
