// A health test of our own [sp800-90b] 4.5, for noise that repeats itself: a source that has locked to a clock, or plays back what it gave before. Each
// value may be as frequent as it should, and still the past tells the future.
//
// It remembers the last samples at the start of a window, as one word, and counts how often they come again in the window. Honest noise of H bits repeats m
// given samples at a given place with chance 2^-mH at most. Matches that overlap are not counted twice, so k matches are k separate pieces of
// noise, and by the union bound over their places a window of W samples has k with chance (W * 2^-mH)^k / k! at most; the cut-off is the least k
// for which that is alpha. Two windows run: 512 samples find short periods soon, up to 2^16 find long ones.
//
// Below a fifth of a bit a sample, honest noise repeats itself so often that no cut-off is left within a window, and the test finds nothing.
#pragma once

#include "lib/entropy/standard_tests.h"

namespace caponier::entropy {

struct PeriodLimits {
  u32 shift;                      // a sample leaves the word after 64 / shift more
  u32 near_window, far_window;    // in samples
  u32 near_matches, far_matches;  // this many matches in a window fail

  constexpr u32 length() const { return 64 / shift; }
};

// The least k with (2^window_bits * 2^-match_bits)^k / k! <= alpha.
consteval u32 MatchesFor(u32 window_bits, u32 match_bits) {
  double chance = 1;
  u32 matches = 0;
  while (chance * static_cast<double>(u64{1} << kAlphaExponent) > 1 && matches < 1'000) {
    matches++;
    for (u32 bit = window_bits; bit < match_bits; bit++) chance /= 2;
    chance /= matches;
  }
  return matches;
}

consteval PeriodLimits PeriodLimitsFor(EntropyRate per_sample) {
  // As few samples as hold 32 bits, of those numbers that divide the word.
  u32 shift = 8;
  while (shift > 1 && 64 / shift * per_sample.millibits_per_sample < 32'000) shift /= 2;
  const u32 bits = 64 / shift * per_sample.millibits_per_sample / 1000;
  const u32 match_bits = bits < 64 ? bits : 64;
  // Of low rates a longer window would need more matches than it gains.
  const u32 far_bits = match_bits >= 22 ? 16 : match_bits > 15 ? match_bits - 6 : 9;
  return {shift, kProportionWindow, u32{1} << far_bits, MatchesFor(9, match_bits), MatchesFor(far_bits, match_bits)};
}
static_assert(kProportionWindow == 1 << 9);

class PeriodTest {
 public:
  constexpr explicit PeriodTest(const PeriodLimits& limits)
      : shift_(limits.shift),
        near_(limits.near_window, limits.near_matches, limits.length()),
        far_(limits.far_window, limits.far_matches, limits.length()) {}
  constexpr bool Passes(u64 sample) {
    // Multiplied and folded, so that all of a sample's bits are in the part that leaves the word last.
    const u64 spread = sample * 0x9e3779b97f4a7c15;
    recent_ = (recent_ << shift_) + (spread ^ spread >> 32);
    const bool near = near_.Passes(recent_), far = far_.Passes(recent_);
    return near && far;
  }

 private:
  class Window {
   public:
    // The first window starts when the word has its first samples.
    constexpr Window(u32 size, u32 cutoff, u32 length)
        : size_(size), cutoff_(cutoff), length_(length), position_(size - length), next_(size) {}
    constexpr bool Passes(u64 recent) {
      if (position_ == size_) {
        mark_ = recent;
        position_ = matches_ = 0;
        next_ = length_;
      } else if (recent == mark_ && position_ >= next_) {
        matches_++;
        next_ = position_ + length_;
      }
      position_++;
      return matches_ < cutoff_;
    }

   private:
    u32 size_, cutoff_, length_;
    u32 position_;
    u32 next_;  // the first place at which a match counts
    u32 matches_ = 0;
    u64 mark_ = 0;
  };

  u32 shift_;
  u64 recent_ = 0;
  Window near_, far_;
};

// Checked against the bound in exact arithmetic.
static_assert(MatchesFor(16, 64) == 1 && MatchesFor(9, 32) == 2 && MatchesFor(16, 32) == 2 && MatchesFor(10, 16) == 5 &&
              MatchesFor(9, 16) == 4);
static_assert(PeriodLimitsFor({8000}).length() == 8 && PeriodLimitsFor({8000}).near_matches == 1);
static_assert(PeriodLimitsFor({4000}).length() == 8 && PeriodLimitsFor({4000}).far_matches == 2);
static_assert(PeriodLimitsFor({1000}).length() == 32 && PeriodLimitsFor({250}).far_window == 1024);

}  // namespace caponier::entropy
