// How long the same work takes: a walk through memory that the caches do not hold all of, timed with the machine's fastest
// clock. Caches, translation, refresh, other cores, the host's scheduler and, on an emulator, all of the emulator make it differ. What it
// is worth, and why it is credited nothing: timing.h.
//
// The walk depends on what it reads and leaves other values behind, so no access can be left out or begun before the one before it.
#pragma once

#include <concepts>
#include <optional>
#include <span>

#include "lib/entropy/sources/timing.h"

namespace caponier::entropy {

inline constexpr SourceProfile kTimingJitterProfile{.id = SourceId::kTimingJitter,
                                                    .name = "timing-jitter",
                                                    .trust = TrustClass::kTiming,
                                                    .sample_bytes = 8,
                                                    .credit = {0},
                                                    .condition = true};

template <typename Clock>
  requires std::same_as<std::invoke_result_t<Clock&>, u64>
class TimingJitter {
 public:
  static constexpr size_t kMemoryBytes = 64 * kKiB;  // twice the first-level cache of most processors
  static constexpr u32 kSteps = 32;                  // accesses a sample

  constexpr explicit TimingJitter(Clock clock) : clock_(clock) {}
  // The memory to walk through, of kMemoryBytes; it holds nothing secret. Without it there are no samples.
  constexpr void UseMemory(std::span<u32> words) { words_ = words; }

  constexpr const SourceProfile& profile() const { return kTimingJitterProfile; }
  constexpr std::optional<u64> Sample() {
    if (words_.empty()) return {};
    const u64 start = clock_();
    for (u32 i = 0; i < kSteps; i++) {
      volatile u32& word = words_[place_ % words_.size()];
      // Constants of a full-period congruential generator modulo 2^32 [knuth2] 3.2.1.2, so that no two lines follow each other.
      place_ = place_ * 1664525 + 1013904223 + word;
      word = place_;
    }
    return clock_() - start;
  }
  constexpr void Test(u64 sample) { tests_.Feed(sample); }
  constexpr SourceStatus status() const { return tests_.status(); }
  constexpr void Restart() { tests_.Restart(); }

 private:
  Clock clock_;
  std::span<u32> words_;
  u32 place_ = 1;
  TimingTests tests_;
};

}  // namespace caponier::entropy
