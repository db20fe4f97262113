// The table people read is the table the code keeps.
#include "lib/aslr/budget.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "lib/aslr/plan.h"
#include "lib/aslr/program.h"

namespace caponier::aslr {
namespace {

std::vector<std::string> Cells(const std::string& row) {
  std::vector<std::string> cells;
  std::istringstream text(row);
  std::string cell;
  std::getline(text, cell, '|');
  while (std::getline(text, cell, '|')) {
    size_t first = cell.find_first_not_of(' '), last = cell.find_last_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

// Rows between the heading "## Budget" and the next heading: name, bits of the page, bits below the page, together.
std::map<std::string, std::vector<std::string>> DocumentedBudget() {
  std::map<std::string, std::vector<std::string>> rows;
  std::ifstream page(CAPONIER_ADDRESS_SPACE_PAGE);
  std::string line;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line.starts_with("## ")) inside = line == "## Budget";
    if (!inside || !line.starts_with("| ") || line.starts_with("| region") || line.starts_with("|--")) continue;
    std::vector<std::string> cells = Cells(line);
    EXPECT_GE(cells.size(), 4u) << line;
    if (cells.size() < 4) continue;
    EXPECT_TRUE(rows.insert({cells[0], cells}).second) << "twice: " << line;
  }
  return rows;
}

TEST(Budget, IsTheDocumentedOne) {
  auto rows = DocumentedBudget();
  EXPECT_EQ(rows.size(), kRegionCount);
  for (const Budget& budget : kBudgets) {
    std::string name(NameOf(budget.region));
    ASSERT_TRUE(rows.contains(name)) << name;
    EXPECT_EQ(rows[name][1], std::to_string(budget.page_bits)) << name;
    EXPECT_EQ(rows[name][2], std::to_string(budget.sub_page_bits)) << name;
    EXPECT_EQ(rows[name][3], std::to_string(budget.bits())) << name;
  }
}

TEST(Budget, PromiseLosesAHundredthOfABit) {
  EXPECT_TRUE(KeepsPromise(u64{1} << 35, 35));
  u64 least = (u64{1} << 35) - (u64{1} << 28);
  EXPECT_TRUE(KeepsPromise(least, 35));
  EXPECT_FALSE(KeepsPromise(least - 1, 35));
  EXPECT_LT(35 - std::log2(static_cast<double>(least)), 0.0114);
  EXPECT_TRUE(KeepsPromise(1, 0));
  EXPECT_FALSE(KeepsPromise(0, 0));
}

TEST(Budget, ALargerHalfPromisesMore) {
  EXPECT_EQ(PromisedPageBits(Region::kKernelImage, u64{1} << 20), 35);
  EXPECT_EQ(PromisedPageBits(Region::kProgramImage, kUserWindow47.pages()), 35);
  EXPECT_EQ(PromisedPageBits(Region::kKernelImage, (u64{1} << 35) - 1), 35);
  EXPECT_EQ(PromisedPageBits(Region::kMapping, (u64{1} << 36) - 17), 35);
  EXPECT_EQ(PromisedPageBits(Region::kKernelImage, (u64{1} << 44) - 1), 44);
  EXPECT_EQ(PromisedPageBits(Region::kWindows, (u64{1} << 44) - 1), 43);
}

TEST(Budget, FitsAllHalvesOfBothMachines) {
  RangeSet<1> empty;
  for (PageRange window :
       {kUserWindow47, PagesOf(0, 0x0000'7fff'ffff'f000), PagesOf(0, 0x0000'ffff'ffff'f000),
        PagesOf(0xffff'8000'0000'0000, 0xffff'ffff'ffff'f000), PagesOf(0xffff'0000'0000'0000, 0xffff'ffff'ffff'f000),
        PagesOf(0xff00'0000'0000'0000, 0xffff'ffff'ffff'f000)}) {
    for (const Budget& budget : kBudgets) {
      EXPECT_TRUE(KeepsPromise(CountPlaces({.pages = 4096, .guard_pages = 16}, window, empty),
                               PromisedPageBits(budget.region, window.pages())))
          << NameOf(budget.region);
    }
  }
}

}  // namespace
}  // namespace caponier::aslr
