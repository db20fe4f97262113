// The pages that `caponier entropy` draws: one HTML file that needs nothing else.
#pragma once

#include <string>
#include <vector>

namespace caponier::tool::entropy {

std::string PageStart(const std::string& heading);
std::string PageEnd();
std::string Section(const std::string& heading, const std::string& words, const std::string& picture);

// Cells with a class of the style sheet, "" for none.
struct Cell {
  std::string text, style;
};
std::string Table(const std::vector<std::string>& heads, const std::vector<std::vector<Cell>>& rows);

}  // namespace caponier::tool::entropy
