// A chart with two axes, as SVG.
#pragma once

#include <string>
#include <vector>

#include "tool/entropy/png.h"

namespace caponier::tool::entropy {

struct Range {
  double low = 0, high = 1;
  bool whole = false;  // only whole numbers make sense
};

class Chart {
 public:
  struct Size {
    double width = 860, height = 240;
  };
  Chart(Size size, Range x, Range y, std::string x_label, std::string y_label);

  // Each value as a bar from `base`, one beside the other from `first` on, `width` wide in the units of x.
  void AddBars(const std::vector<double>& values, double first, double width, double base);
  void AddLine(const std::vector<double>& values, double first, double step);
  // Through points with rising x. `style` is a class of the style sheet beside `line`.
  struct Point {
    double x, y;
  };
  void AddCurve(const std::vector<Point>& points, const char* style);
  // A level that values are to be held against.
  void AddLevel(double y, const std::string& label);
  // Fills all of the area.
  void AddPicture(const Picture& picture);

  std::string Render() const;

 private:
  double X(double x) const;
  double Y(double y) const;
  std::string Axes() const;

  Size size_;
  Range x_, y_;
  std::string x_label_, y_label_, content_;
};

}  // namespace caponier::tool::entropy
