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

#include <concepts>
#include <optional>

#include "lib/entropy/sources/word_tests.h"

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

// What the words are tested at (word_tests.h) is what RDSEED is credited with, and more than RDRAND is.
static_assert(kWordLanes * kWordByteRate.millibits_per_sample >= kCpuSeedProfile.credit.millibits_per_sample);
static_assert(kWordLanes * kWordByteRate.millibits_per_sample >= kCpuRandomProfile.credit.millibits_per_sample);

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

  constexpr void Test(u64 word) { tests_.Feed(word); }
  constexpr SourceStatus status() const {
    const SourceStatus tests = tests_.status();
    return starved_ && tests != SourceStatus::kStarting && tests != SourceStatus::kFailed ? SourceStatus::kStarved : tests;
  }
  // After a failure: forgets it, and starts the start-up test again.
  constexpr void Restart() { tests_.Restart(); }

 private:
  SourceId id_;
  Read read_;
  WordTests tests_;
  bool starved_ = false;
};

// Words to draw at boot: enough for the start-up test and for a full seed from this source alone.
constexpr u64 BootWords(const SourceProfile& profile) {
  const u64 seed = ((8 * 32 + 64) * 1000 + profile.credit.millibits_per_sample - 1) / profile.credit.millibits_per_sample;
  return seed > kWordStartup ? seed : kWordStartup;
}
static_assert(BootWords(kCpuSeedProfile) == 128 && BootWords(kCpuRandomProfile) == 1280);

}  // namespace caponier::entropy
