#include "tool/bench/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace caponier::tool::bench {
namespace {

double MedianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

double Series::Least() const { return values_.empty() ? 0 : *std::min_element(values_.begin(), values_.end()); }
double Series::Median() const { return MedianOf(values_); }

double PairedRatio(const Series& of, const Series& to) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(of.values().size(), to.values().size()); i++) {
    if (to.values()[i] > 0) ratios.push_back(of.values()[i] / to.values()[i]);
  }
  return MedianOf(std::move(ratios));
}

std::string NumberText(double value) {
  const double size = std::abs(value);
  if (size >= 99.95) {
    std::string digits = fmt::format("{:.0f}", value);
    const size_t first = value < 0 ? 1 : 0;
    for (size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
  }
  return fmt::format("{:.{}f}", value, size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

std::string Table::Render() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); i++)
      line += i == 0 ? fmt::format("  {:<{}}", row[i], widths[i]) : fmt::format("  {:>{}}", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace caponier::tool::bench
