// Correlations of samples over distance and frequency.
#pragma once

#include <span>
#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

// The correlation of samples 1, 2, ... `most_lag` apart, each from -1 to 1; zeros for constant data. More samples than `most_lag`.
std::vector<double> Autocorrelation(std::span<const u8> samples, size_t most_lag);

// The mean power at the frequencies 1/length, 2/length, ... 1/2 a sample, over all stretches of `length` (a power of two) that fit,
// relative to noise without any correlation: 1 everywhere. Zeros for constant data. At least `length` samples.
std::vector<double> PowerSpectrum(std::span<const u8> samples, size_t length);

}  // namespace caponier::tool::entropy
