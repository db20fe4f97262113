// Numbers for permutations: a fixed generator, so that a run can be repeated. Nothing secret comes from it.
#pragma once

#include <bit>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

// xoshiro256**, its state filled by SplitMix64 as its authors advise. [xoshiro]
class Xoshiro {
 public:
  explicit Xoshiro(u64 seed) {
    for (u64& word : state_) {
      u64 z = seed += 0x9e3779b97f4a7c15;
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
      z = (z ^ z >> 27) * 0x94d049bb133111eb;
      word = z ^ z >> 31;
    }
  }
  u64 Next() {
    const u64 out = std::rotl(state_[1] * 5, 7) * 9, t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return out;
  }
  // Uniform below `bound`, exactly: few draws are thrown away. [lemire]
  u32 Below(u32 bound) {
    for (;;) {
      const u64 product = u64{Half()} * bound;
      const auto low = static_cast<u32>(product);
      if (low >= bound || low >= -bound % bound) return static_cast<u32>(product >> 32);
    }
  }

 private:
  // Each word is used twice.
  u32 Half() {
    has_half_ = !has_half_;
    if (!has_half_) return static_cast<u32>(word_);
    word_ = Next();
    return static_cast<u32>(word_ >> 32);
  }
  u64 state_[4], word_ = 0;
  bool has_half_ = false;
};

}  // namespace caponier::tool::entropy
