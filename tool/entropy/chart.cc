#include "tool/entropy/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace caponier::tool::entropy {
namespace {

constexpr double kLeft = 78, kRight = 14, kTop = 10, kBottom = 42;  // for the axes' writing

// A step of 1, 2 or 5 times a power of ten that makes about `wanted` of them.
double NiceStep(const Range& range, double wanted) {
  const double raw = (range.high - range.low) / wanted;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10 * power;
}

std::vector<double> Ticks(const Range& range, double wanted) {
  std::vector<double> out;
  const double step = std::max(NiceStep(range, wanted), range.whole ? 1.0 : 0.0);
  for (double i = std::ceil(range.low / step - 1e-9); i * step <= range.high + step * 1e-9; i++) out.push_back(i * step);
  return out;
}

std::string TickText(double value) { return std::fabs(value) < 1e-12 ? "0" : fmt::format("{:.6g}", value); }

}  // namespace

Chart::Chart(Size size, Range x, Range y, std::string x_label, std::string y_label)
    : size_(size), x_(x), y_(y), x_label_(std::move(x_label)), y_label_(std::move(y_label)) {}

double Chart::X(double x) const { return kLeft + (x - x_.low) / (x_.high - x_.low) * (size_.width - kLeft - kRight); }
double Chart::Y(double y) const {
  const double inside = std::clamp(y, y_.low, y_.high);
  return size_.height - kBottom - (inside - y_.low) / (y_.high - y_.low) * (size_.height - kTop - kBottom);
}

void Chart::AddBars(const std::vector<double>& values, double first, double width, double base) {
  content_ += "<path class=\"bars\" d=\"";
  for (size_t i = 0; i < values.size(); i++) {
    const double left = X(first + static_cast<double>(i) * width), right = X(first + static_cast<double>(i + 1) * width);
    const double gap = std::min(2.0, (right - left) * 0.15);
    content_ +=
        fmt::format("M{:.2f} {:.2f}V{:.2f}H{:.2f}V{:.2f}z", left + gap / 2, Y(base), Y(values[i]), right - gap / 2, Y(base));
  }
  content_ += "\"/>\n";
}

void Chart::AddLine(const std::vector<double>& values, double first, double step) {
  content_ += "<path class=\"line\" d=\"";
  for (size_t i = 0; i < values.size(); i++) {
    content_ += fmt::format("{}{:.2f} {:.2f}", i == 0 ? 'M' : 'L', X(first + static_cast<double>(i) * step), Y(values[i]));
  }
  content_ += "\"/>\n";
}

void Chart::AddCurve(const std::vector<Point>& points, const char* style) {
  content_ += fmt::format("<path class=\"line {}\" d=\"", style);
  for (size_t i = 0; i < points.size(); i++) {
    content_ += fmt::format("{}{:.2f} {:.2f}", i == 0 ? 'M' : 'L', X(points[i].x), Y(points[i].y));
  }
  content_ += "\"/>\n";
}

void Chart::AddLevel(double y, const std::string& label) {
  content_ += fmt::format("<path class=\"level\" d=\"M{:.2f} {:.2f}H{:.2f}\"/>\n", kLeft, Y(y), size_.width - kRight);
  if (!label.empty()) {
    content_ += fmt::format("<text class=\"note\" x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"end\">{}</text>\n",
                            size_.width - kRight - 4, Y(y) - 5, label);
  }
}

void Chart::AddPicture(const Picture& picture) {
  content_ += fmt::format(
      "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" "
      "href=\"{}\"/>\n",
      kLeft, kTop, size_.width - kLeft - kRight, size_.height - kTop - kBottom, PngAddress(picture));
}

std::string Chart::Axes() const {
  std::string out;
  const double bottom = size_.height - kBottom;
  for (const double x : Ticks(x_, size_.width / 90)) {
    out += fmt::format(
        "<path class=\"axis\" d=\"M{0:.2f} {1}v5\"/><text x=\"{0:.2f}\" y=\"{2}\" text-anchor=\"middle\">{3}</text>\n", X(x),
        bottom, bottom + 18, TickText(x));
  }
  for (const double y : Ticks(y_, size_.height / 50)) {
    out +=
        fmt::format("<path class=\"grid\" d=\"M{0} {1:.2f}H{2}\"/><text x=\"{3}\" y=\"{4:.2f}\" text-anchor=\"end\">{5}</text>\n",
                    kLeft, Y(y), size_.width - kRight, kLeft - 7, Y(y) + 4, TickText(y));
  }
  out += fmt::format("<path class=\"axis\" d=\"M{} {}V{}H{}\"/>\n", kLeft, kTop, bottom, size_.width - kRight);
  out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", (kLeft + size_.width - kRight) / 2,
                     size_.height - 6, x_label_);
  out += fmt::format("<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                     (kTop + bottom) / 2, y_label_);
  return out;
}

std::string Chart::Render() const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "role=\"img\">\n{2}{3}</svg>\n",
      size_.width, size_.height, Axes(), content_);
}

}  // namespace caponier::tool::entropy
