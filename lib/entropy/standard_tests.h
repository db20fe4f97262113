// The two continuous health tests that [sp800-90b] 4.4 demands: repetition count and adaptive proportion.
//
// The cut-offs follow from H and from alpha, the chance that a sample of honest noise raises a false alarm, and are computed by the
// compiler; the static_asserts below pin them to values worked out exactly elsewhere.
#pragma once

#include "lib/entropy/credit.h"

namespace caponier::entropy {

inline constexpr u32 kAlphaExponent = 30;      // alpha = 2^-30, inside the range [sp800-90b] 4.4 recommends
inline constexpr u32 kProportionWindow = 512;  // for samples of more than one bit
inline constexpr u32 kLongestWindow = 1024;    // for bits

struct StandardLimits {
  u32 repetition;  // this many equal samples in a row fail
  u32 window;
  u32 proportion;  // this many samples equal to a window's first, itself included, fail
};

// 2^-(millibits / 1000), compile time only: nothing that reaches a kernel holds floating point.
consteval double TwoToMinus(u32 millibits) {
  double power = 1;
  for (u32 i = 0; i < millibits / 1000; i++) power /= 2;
  const double x = -0.69314718055994530942 * (millibits % 1000) / 1000;
  double term = 1, series = 1;
  for (int i = 1; i < 30; i++) series += term *= x / i;
  return power * series;
}

// The smallest k such that more than k successes in n trials of chance p have a chance of at most 2^-exponent.
consteval u32 CriticalBinomial(u32 n, double p, u32 exponent) {
  // Weights relative to the likeliest count, so that none that matters underflows.
  double weights[kLongestWindow + 1] = {};
  const u32 mode = static_cast<u32>((n + 1) * p) < n ? static_cast<u32>((n + 1) * p) : n;
  weights[mode] = 1;
  for (u32 k = mode; k < n; k++) weights[k + 1] = weights[k] * (n - k) / (k + 1) * p / (1 - p);
  for (u32 k = mode; k > 0; k--) weights[k - 1] = weights[k] * k / (n - k + 1) * (1 - p) / p;
  double total = 0;
  for (u32 k = 0; k <= n; k++) total += weights[k];
  double allowed = total;
  for (u32 i = 0; i < exponent; i++) allowed /= 2;
  double tail = 0;
  for (u32 k = n; k > 0; k--) {
    tail += weights[k];
    if (tail > allowed) return k;
  }
  return 0;
}

consteval StandardLimits StandardLimitsFor(EntropyRate per_sample, u32 alpha_exponent = kAlphaExponent,
                                           u32 window = kProportionWindow) {
  const u32 h = per_sample.millibits_per_sample;
  const u32 repetition = 1 + (alpha_exponent * 1000 + h - 1) / h;  // [sp800-90b] 4.4.1: 1 + ceil(-log2(alpha) / H)
  // [sp800-90b] 4.4.2 with the correction in its public comments: the window's first sample equals itself, so only
  // window - 1 samples are trials. More than the window cannot be counted, so a larger cut-off could never fail.
  const u32 proportion = 2 + CriticalBinomial(window - 1, TwoToMinus(h), alpha_exponent);
  return {repetition, window, proportion < window ? proportion : window};
}

class RepetitionCountTest {
 public:
  constexpr explicit RepetitionCountTest(u32 cutoff) : cutoff_(cutoff) {}
  // False when this sample completes a forbidden run.
  constexpr bool Passes(u64 sample) {
    run_ = sample == last_ ? run_ + 1 : 1;
    last_ = sample;
    return run_ < cutoff_;
  }

 private:
  u32 cutoff_;
  u32 run_ = 0;
  u64 last_ = 0;
};

class AdaptiveProportionTest {
 public:
  constexpr AdaptiveProportionTest(u32 window, u32 cutoff) : window_(window), cutoff_(cutoff) {}
  constexpr bool Passes(u64 sample) {
    if (position_ == 0) {
      reference_ = sample;
      count_ = 0;
    }
    if (sample == reference_) count_++;
    if (++position_ == window_) position_ = 0;
    return count_ < cutoff_;
  }

 private:
  u32 window_, cutoff_;
  u32 position_ = 0, count_ = 0;
  u64 reference_ = 0;
};

// Exact binomials in 120 decimal digits, alpha = 2^-30, window 512 and, for bits, 1024; the last line is alpha = 2^-40.
static_assert(StandardLimitsFor({8000}).repetition == 5 && StandardLimitsFor({8000}).proportion == 17);
static_assert(StandardLimitsFor({4000}).repetition == 9 && StandardLimitsFor({4000}).proportion == 71);
static_assert(StandardLimitsFor({2000}).repetition == 16 && StandardLimitsFor({2000}).proportion == 191);
static_assert(StandardLimitsFor({1000}).repetition == 31 && StandardLimitsFor({1000}).proportion == 325);
static_assert(StandardLimitsFor({500}).repetition == 61 && StandardLimitsFor({500}).proportion == 422);
static_assert(StandardLimitsFor({250}).repetition == 121 && StandardLimitsFor({250}).proportion == 477);
static_assert(StandardLimitsFor({100}).repetition == 301 && StandardLimitsFor({100}).proportion == 507);
static_assert(StandardLimitsFor({50}).repetition == 601 && StandardLimitsFor({50}).proportion == 512);
static_assert(StandardLimitsFor({1000}, 30, 1024).proportion == 609 && StandardLimitsFor({500}, 30, 1024).proportion == 810);
static_assert(StandardLimitsFor({1000}, 40).repetition == 41 && StandardLimitsFor({1000}, 40).proportion == 337);

}  // namespace caponier::entropy
