#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tool/bench/heap.h"
#include "tool/bench/plot.h"
#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

constexpr std::array kColours = {"#c00000", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#7f7f7f",
                                 "#8c564b", "#17becf", "#e377c2", "#bcbd22", "#000080", "#40e0d0"};
constexpr double kGroup = 0.8;  // of the room for a workload, its bars take

}  // namespace

// Bars go up or down from the line at 1, which is the allocator that all are compared to, on a logarithmic scale.
void PlotHeaps(const Json& result, const std::string& file) {
  const std::string to = result["compared_to"];
  std::vector<std::string> works, names;
  const auto place = [](std::vector<std::string>& list, const std::string& value) {
    const auto found = std::ranges::find(list, value);
    if (found != list.end()) return static_cast<size_t>(found - list.begin());
    list.push_back(value);
    return list.size() - 1;
  };
  for (const Json& row : result["measurements"]) {
    place(works, row["workload"]);
    if (row["allocator"] != to) place(names, row["allocator"]);
  }
  if (names.empty()) throw Failure("--plot: there is nothing to compare");
  std::string script =
      "set multiplot layout 2,1\nset logscale y\nset grid ytics\nset style fill solid\nset key outside right top\n";
  script += fmt::format("set xrange [-0.6:{}]\nset xtics rotate by -35 (", static_cast<double>(works.size()) - 0.4);
  for (size_t i = 0; i < works.size(); i++) script += fmt::format("{}{} {}", i == 0 ? "" : ", ", Quoted(works[i]), i);
  script += ") noenhanced\nset ytics ('1/32' 1/32., '1/16' 1/16., '1/8' 1/8., '1/4' 1/4., '1/2' 1/2., 1, 2, 4, 8, 16, 32, 64)\n";
  const auto panel = [&](const std::string& title, const char* field) {
    std::vector<std::string> bars(names.size());
    const double width = kGroup / static_cast<double>(names.size());
    for (const Json& row : result["measurements"]) {
      if (row["allocator"] == to) continue;
      const size_t name = place(names, row["allocator"]);
      const double left = static_cast<double>(place(works, row["workload"])) - kGroup / 2 + static_cast<double>(name) * width;
      const double ratio = row[field];
      bars[name] += fmt::format("{} {} {} {} {} {}\n", left + width / 2, ratio, left, left + width, std::min(ratio, 1.0),
                                std::max(ratio, 1.0));
    }
    script += fmt::format("set title {} noenhanced\n", Quoted(title));
    for (size_t i = 0; i < names.size(); i++) script += fmt::format("$bars{} << EOD\n{}EOD\n", i, bars[i]);
    script += "plot ";
    for (size_t i = 0; i < names.size(); i++)
      script += fmt::format("$bars{} using 1:2:3:4:5:6 with boxxyerror lc rgb '{}' title {} noenhanced, ", i,
                            kColours[i % kColours.size()], Quoted(names[i]));
    script += fmt::format("1 with lines lc rgb 'black' lw 2 title {} noenhanced\n", Quoted(to));
  };
  panel("Time, of " + to + "'s", "time_ratio");
  panel("Peak memory, of " + to + "'s", "peak_ratio");
  DrawPlot(file, 1500, 1000, script);
}

}  // namespace caponier::tool::bench
