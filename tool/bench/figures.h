// Numbers out of repeated measurements, and their table.
#pragma once

#include <string>
#include <vector>

namespace caponier::tool::bench {

// One quantity, measured several times.
class Series {
 public:
  void Add(double value) { values_.push_back(value); }
  bool empty() const { return values_.empty(); }
  const std::vector<double>& values() const { return values_; }
  double Least() const;
  double Median() const;

 private:
  std::vector<double> values_;
};

// The median of this[i] / that[i]: what was measured in the same turn suffered the same neighbours.
double PairedRatio(const Series& of, const Series& to);

// 3 significant digits or so: "0.123", "12.3", "1,234".
std::string NumberText(double value);

// Columns as wide as their widest cell; the first is flush left, the others flush right.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string Render() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace caponier::tool::bench
