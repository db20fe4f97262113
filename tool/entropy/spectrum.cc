#include "tool/entropy/spectrum.h"

#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

#include "tool/entropy/order_statistics.h"

namespace caponier::tool::entropy {
namespace {

using Complex = std::complex<double>;

// The discrete Fourier transform in place, by halves.
void Transform(std::vector<Complex>& data) {
  const size_t size = data.size();
  for (size_t i = 1, j = 0; i < size; i++) {
    size_t bit = size / 2;
    for (; (j & bit) != 0; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(data[i], data[j]);
  }
  for (size_t half = 1; half < size; half *= 2) {
    for (size_t k = 0; k < half; k++) {
      const Complex turn = std::polar(1.0, -std::numbers::pi * static_cast<double>(k) / static_cast<double>(half));
      for (size_t i = k; i < size; i += 2 * half) {
        const Complex odd = data[i + half] * turn;
        data[i + half] = data[i] - odd;
        data[i] += odd;
      }
    }
  }
}

struct Moments {
  double mean, variance;
};

Moments MomentsOf(std::span<const u8> samples) {
  const auto n = static_cast<double>(samples.size());
  const double mean = static_cast<double>(std::accumulate(samples.begin(), samples.end(), u64{0})) / n;
  return {.mean = mean, .variance = static_cast<double>(Covariance(samples, 0)) / n - mean * mean};
}

}  // namespace

std::vector<double> Autocorrelation(std::span<const u8> samples, size_t most_lag) {
  const auto n = static_cast<double>(samples.size());
  const Moments moments = MomentsOf(samples);
  std::vector<double> out;
  double first = 0, last = 0;  // sums of the samples that one end lacks
  for (size_t lag = 1; lag <= most_lag; lag++) {
    first += samples[lag - 1];
    last += samples[samples.size() - lag];
    const double left = n - static_cast<double>(lag);
    const double ends = 2 * moments.mean * n - first - last;
    const double covariance =
        static_cast<double>(Covariance(samples, lag)) - moments.mean * ends + left * moments.mean * moments.mean;
    out.push_back(moments.variance > 0 ? covariance / (left * moments.variance) : 0);
  }
  return out;
}

std::vector<double> PowerSpectrum(std::span<const u8> samples, size_t length) {
  const Moments moments = MomentsOf(samples);
  std::vector<double> out(length / 2);
  if (!(moments.variance > 0)) return out;
  // Stretches overlap by half, and fade in and out (Hann), so that a peak stays where it is.
  size_t stretches = 0;
  double window_power = 0;
  std::vector<double> window(length);
  for (size_t i = 0; i < length; i++) {
    window[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(length));
    window_power += window[i] * window[i];
  }
  std::vector<Complex> data(length);
  for (size_t start = 0; start + length <= samples.size(); start += length / 2) {
    for (size_t i = 0; i < length; i++) data[i] = (samples[start + i] - moments.mean) * window[i];
    Transform(data);
    for (size_t i = 0; i < out.size(); i++) out[i] += std::norm(data[i + 1]);
    stretches++;
  }
  for (double& power : out) power /= static_cast<double>(stretches) * window_power * moments.variance;
  return out;
}

}  // namespace caponier::tool::entropy
