// The confidence bounds that the estimators share.
#pragma once

#include <algorithm>
#include <cmath>

namespace caponier::tool::entropy {

// The standard writes 2.576 for the 99.5 % quantile of the normal distribution ([sp800-90b] 6.3.1). NIST's tool takes all digits, and
// so do we: the results are to be the same.
inline constexpr double kZAlpha = 2.5758293035489008;
inline constexpr long double kZAlphaLong = 2.575829303548900384158L;

// The upper end of the confidence interval of a proportion out of n, at most 1.
template <typename Float>
Float UpperBound(Float p, Float n, Float z) {
  return std::min(Float{1}, p + z * std::sqrt(p * (Float{1} - p) / (n - Float{1})));
}

// -log2(p), and never minus zero.
inline double MinEntropy(double p) { return std::max(0.0, -std::log2(p)); }

}  // namespace caponier::tool::entropy
