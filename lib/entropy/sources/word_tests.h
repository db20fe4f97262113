// The health tests of sources that give words of 64 bits which are all to be random: a word fails at once when it is all ones,
// all zeros or the one before it again, each of which honest words are once in 2^64, and every byte of it is a sample at 4 bits. Each of the
// eight bytes has tests of its own, so that one stuck byte in otherwise good words is seen as the stuck source it is.
#pragma once

#include <array>

#include "lib/entropy/health.h"

namespace caponier::entropy {

inline constexpr size_t kWordLanes = 8;
inline constexpr EntropyRate kWordByteRate{4'000};
inline constexpr u32 kWordStartup = kStartupSamples / kWordLanes;  // words

class WordTests {
 public:
  constexpr void Feed(u64 word) {
    if (word == 0 || word == ~u64{0} || word == last_) lanes_[0].Fail();
    last_ = word;
    for (size_t lane = 0; lane < kWordLanes; lane++) lanes_[lane].Feed(word >> (8 * lane) & 0xff);
  }
  constexpr SourceStatus status() const {
    for (const HealthTests& lane : lanes_) {
      if (lane.status() == SourceStatus::kFailed) return SourceStatus::kFailed;
    }
    return lanes_[0].status();
  }
  constexpr void Restart() {
    for (HealthTests& lane : lanes_) lane.Restart();
    last_ = 0;
  }

 private:
  static constexpr HealthTests kLane{LimitsFor(kWordByteRate), kWordStartup};
  std::array<HealthTests, kWordLanes> lanes_{kLane, kLane, kLane, kLane, kLane, kLane, kLane, kLane};
  u64 last_ = 0;  // zero is refused anyway, so it can stand for "none yet"
};

}  // namespace caponier::entropy
