#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "tool/bench/plot.h"
#include "tool/bench/random.h"
#include "tool/failure.h"

namespace caponier::tool::bench {

void PlotRandom(const Json& result, const std::string& file) {
  std::vector<std::string> names;
  std::map<std::string, std::string> points;
  for (const Json& row : result["measurements"]) {
    if (row["threads"] != 1) continue;
    const auto name = row["generator"].get<std::string>();
    if (!points.contains(name)) names.push_back(name);
    points[name] += fmt::format("{} {}\n", row["bytes"].get<double>(), row["gigabytes_per_second"].get<double>());
  }
  if (names.empty()) throw Failure("--plot: nothing was measured with one thread");
  std::string script =
      "set title 'Random bytes, one thread'\nset xlabel 'bytes a request'\nset ylabel 'GB a second'\nset logscale x 2\nset "
      "logscale y\n"
      "set key outside right top\nset grid\nset xtics ('4' 4, '16' 16, '32' 32, '256' 256, '4 Ki' 4096, '16 Ki' 16384, '1 Mi' "
      "1048576)\n";
  for (size_t i = 0; i < names.size(); i++) script += fmt::format("$data{} << EOD\n{}EOD\n", i, points[names[i]]);
  for (size_t i = 0; i < names.size(); i++)
    script += fmt::format("{} $data{} using 1:2 with linespoints lw {} title {} noenhanced", i == 0 ? "plot" : ",", i,
                          i == 0 ? 3 : 1, Quoted(names[i]));
  DrawPlot(file, 1000, 700, script + "\n");
}

}  // namespace caponier::tool::bench
