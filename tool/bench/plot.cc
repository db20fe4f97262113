#include "tool/bench/plot.h"

#include <fmt/format.h>

#include <cstdio>

#include "tool/failure.h"

namespace caponier::tool::bench {

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

bool IsPng(const std::string& file) {
  if (file.ends_with(".png")) return true;
  if (!file.ends_with(".svg")) throw Failure(fmt::format("--plot {}: neither .svg nor .png", file));
  return false;
}

void DrawPlot(const std::string& file, int width, int height, const std::string& script) {
  const bool png = IsPng(file);
  const std::string whole = fmt::format("set terminal {} size {},{}{}\nset output {}\n{}", png ? "pngcairo" : "svg", width,
                                        height, png ? "" : " dynamic background 'white'", Quoted(file), script);
  FILE* gnuplot = popen("gnuplot >/dev/null", "w");
  const bool written = gnuplot != nullptr && std::fputs(whole.c_str(), gnuplot) >= 0;
  if (gnuplot == nullptr || pclose(gnuplot) != 0 || !written) throw Failure("--plot: gnuplot cannot draw (package gnuplot-nox)");
}

}  // namespace caponier::tool::bench
