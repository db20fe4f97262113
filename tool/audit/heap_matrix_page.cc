#include <fmt/format.h>

#include "tool/audit/heap_matrix.h"
#include "tool/entropy/page.h"

namespace caponier::tool::audit {
namespace {

using entropy::Cell;
using entropy::Section;

Cell CellOf(const Detection& detection) {
  if (detection.twins_failed > 0) return {"twin fails", "bad"};
  if (detection.hung) return {"hangs", "bad"};
  return {fmt::format("{}/{}", detection.caught, detection.runs), detection.certain()     ? "good"
                                                                  : detection.sometimes() ? ""
                                                                                          : "bad"};
}

std::string FamilyTable(std::span<const MisuseCase> cases, std::span<const MatrixColumn> columns, const std::string& family) {
  std::vector<std::string> heads{family};
  for (const MatrixColumn& column : columns)
    if (column.allocator.absent.empty()) heads.push_back(column.allocator.name);
  heads.emplace_back("promised");
  std::vector<std::vector<Cell>> rows;
  for (size_t i = 0; i < cases.size(); i++) {
    if (cases[i].family != family) continue;
    std::vector<Cell> row{{cases[i].name.substr(family.size() + 1), ""}};
    for (const MatrixColumn& column : columns)
      if (column.allocator.absent.empty()) row.push_back(CellOf(column.detections[i]));
    row.push_back({cases[i].promise == Promise::kAlways ? "always" : cases[i].promise == Promise::kTags ? "with tags" : "", ""});
    rows.push_back(std::move(row));
  }
  return entropy::Table(heads, rows);
}

}  // namespace

std::string MatrixPage(std::span<const MisuseCase> cases, std::span<const MatrixColumn> columns) {
  std::string out = entropy::PageStart("Misuses of the heap, and who catches them");
  out += Section(
      "Summary",
      "Misuses that end the program or that the allocator reports, in every run + in some; each has a valid twin, which must "
      "pass.",
      "<pre>" + MatrixText(cases, columns) + "</pre>\n");
  for (const std::string& family : FamiliesOf(cases))
    out += Section(family, "Caught, of runs. Green: always. Red: never.", FamilyTable(cases, columns, family));
  return out + entropy::PageEnd();
}

}  // namespace caponier::tool::audit
