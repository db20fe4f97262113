#include "tool/entropy/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "tool/entropy/chart.h"
#include "tool/entropy/confidence.h"
#include "tool/entropy/page.h"
#include "tool/entropy/spectrum.h"

namespace caponier::tool::entropy {
namespace {

std::string Histogram(const Samples& samples) {
  std::vector<double> counts(size_t{1} << samples.bits);
  for (const u8 symbol : samples.raw) counts[symbol]++;
  const double even = static_cast<double>(samples.raw.size()) / static_cast<double>(counts.size());
  const double most = *std::max_element(counts.begin(), counts.end());
  Chart chart({}, {-0.5, static_cast<double>(counts.size()) - 0.5, true}, {0, std::max(most, even) * 1.12, true}, "sample",
              "times");
  chart.AddBars(counts, -0.5, 1, 0);
  chart.AddLevel(even, "all equally often");
  return Section("Histogram",
                 "How often each value came. The highest bar bounds the entropy of a sample: min-entropy is -log2 of its share.",
                 chart.Render());
}

std::string BitPlanes(const Samples& samples) {
  constexpr unsigned kWidth = 256, kMostRows = 96;
  const auto height = static_cast<unsigned>(std::clamp<size_t>(samples.raw.size() / kWidth, 1, kMostRows));
  std::string out = "<div class=\"planes\">\n";
  for (unsigned bit = samples.bits; bit-- > 0;) {
    u64 ones = 0;
    for (const u8 symbol : samples.raw) ones += symbol >> bit & 1;
    Picture picture{.width = kWidth, .height = height, .shades = std::vector<u8>(size_t{kWidth} * height, 255)};
    for (size_t i = 0; i < std::min(picture.shades.size(), samples.raw.size()); i++) {
      picture.shades[i] = (samples.raw[i] >> bit & 1) != 0 ? 32 : 255;
    }
    out += fmt::format("<figure><img alt=\"bit {0}\" src=\"{1}\"><figcaption>bit {0}: {2:.4f} ones</figcaption></figure>\n", bit,
                       PngAddress(picture), static_cast<double>(ones) / static_cast<double>(samples.raw.size()));
  }
  return Section("Bit planes",
                 "Each bit of the first samples, row by row, a one dark. Noise looks grey and even; stripes, patches and figures "
                 "are structure.",
                 out + "</div>\n");
}

std::string Correlations(const Samples& samples) {
  const size_t lags = 128;
  const std::vector<double> values = Autocorrelation(samples.raw, lags);
  const double bound = kZAlpha / std::sqrt(static_cast<double>(samples.raw.size()));
  double most = 3 * bound;
  for (const double value : values) most = std::max(most, std::fabs(value) * 1.1);
  most = std::min(most, 1.0);
  Chart chart({}, {0.5, static_cast<double>(lags) + 0.5, true}, {-most, most}, "samples apart", "correlation");
  chart.AddBars(values, 0.5, 1, 0);
  chart.AddLevel(bound, "99 of 100 are between these, of independent samples");
  chart.AddLevel(-bound, "");
  return Section("Autocorrelation", "How much a sample tells of those after it.", chart.Render());
}

std::string Spectrum(const Samples& samples) {
  size_t length = 4096;
  while (length > samples.raw.size() / 4) length /= 2;
  std::vector<double> decibels = PowerSpectrum(samples.raw, length);
  double low = -6, high = 6;
  for (double& value : decibels) {
    value = std::max(-60.0, 10 * std::log10(value + 1e-12));
    low = std::min(low, value - 2);
    high = std::max(high, value + 2);
  }
  Chart chart({}, {0, 0.5}, {low, high}, "frequency, in cycles a sample", "power, dB");
  chart.AddLine(decibels, 1 / static_cast<double>(length), 1 / static_cast<double>(length));
  chart.AddLevel(0, "");
  return Section("Spectrum",
                 "Power by frequency, against that of independent samples (0 dB). Peaks are periods, a slope is slow drift.",
                 chart.Render());
}

std::string LagPlot(const Samples& samples) {
  const unsigned size = 1u << samples.bits;
  std::vector<u64> counts(size_t{size} * size);
  for (size_t i = 0; i + 1 < samples.raw.size(); i++) counts[size_t{samples.raw[i + 1]} * size + samples.raw[i]]++;
  // A square root brings out what is rare. Where all come equally often, all is grey.
  const double even = static_cast<double>(samples.raw.size()) / static_cast<double>(counts.size());
  const double most = std::sqrt(std::max(4 * even, static_cast<double>(*std::max_element(counts.begin(), counts.end()))));
  Picture picture{.width = size, .height = size, .shades = std::vector<u8>(counts.size())};
  for (unsigned y = 0; y < size; y++) {
    for (unsigned x = 0; x < size; x++) {
      const double share = std::sqrt(static_cast<double>(counts[size_t{y} * size + x])) / most;
      picture.shades[size_t{size - 1 - y} * size + x] = static_cast<u8>(255 - std::lround(235 * share));
    }
  }
  const Range range{-0.5, static_cast<double>(size) - 0.5, true};
  Chart chart({.width = 604, .height = 564}, range, range, "sample", "next sample");
  chart.AddPicture(picture);
  return Section(
      "Lag plot",
      "How often each sample follows on each, dark where often. Lines and islands mean that the next one can be guessed.",
      chart.Render());
}

}  // namespace

std::string PlotPage(const Samples& samples, const std::string& name) {
  std::string out = PageStart(name);
  out += fmt::format(
      "<p>{} samples of {} bit{}, {} different values. Pictures show structure, and never prove that there is none.</p>\n",
      samples.raw.size(), samples.bits, samples.bits == 1 ? "" : "s", samples.alphabet);
  return out + Histogram(samples) + BitPlanes(samples) + Correlations(samples) + Spectrum(samples) + LagPlot(samples) + PageEnd();
}

}  // namespace caponier::tool::entropy
