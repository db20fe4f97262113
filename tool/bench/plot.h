// Pictures by gnuplot.
#pragma once

#include <string>
#include <string_view>

namespace caponier::tool::bench {

// In gnuplot's single quotes nothing has a meaning but the quote.
std::string Quoted(std::string_view text);
// PNG or SVG, by the file's name. Throws Failure for another name.
bool IsPng(const std::string& file);
// Runs the script, which draws a picture of that size into the file. Throws Failure when gnuplot cannot.
void DrawPlot(const std::string& file, int width, int height, const std::string& script);

}  // namespace caponier::tool::bench
