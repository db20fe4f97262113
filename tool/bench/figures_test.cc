#include "tool/bench/figures.h"

#include <gtest/gtest.h>

namespace caponier::tool::bench {
namespace {

Series Of(std::initializer_list<double> values) {
  Series series;
  for (const double value : values) series.Add(value);
  return series;
}

TEST(Series, MedianAndLeast) {
  EXPECT_EQ(Of({5, 1, 3}).Median(), 3);
  EXPECT_EQ(Of({5, 1, 3, 4}).Median(), 3.5);
  EXPECT_EQ(Of({5, 1, 3}).Least(), 1);
  EXPECT_EQ(Series().Median(), 0);
}

// A neighbour that slows a whole turn down by ten changes no ratio.
TEST(PairedRatio, ComparesWithinATurn) {
  EXPECT_EQ(PairedRatio(Of({2, 20, 2}), Of({1, 10, 1})), 2);
  EXPECT_EQ(PairedRatio(Of({3, 1}), Of({1, 0})), 3) << "a peer that took no time says nothing";
  EXPECT_EQ(PairedRatio(Series(), Of({1})), 0);
}

TEST(NumberText, KeepsThreeDigits) {
  EXPECT_EQ(NumberText(0.1234), "0.123");
  EXPECT_EQ(NumberText(1.239), "1.24");
  EXPECT_EQ(NumberText(12.34), "12.3");
  EXPECT_EQ(NumberText(99.96), "100");
  EXPECT_EQ(NumberText(1234.4), "1,234");
  EXPECT_EQ(NumberText(1234567), "1,234,567");
  EXPECT_EQ(NumberText(-1234), "-1,234");
}

TEST(Table, AlignsColumns) {
  Table table({"what", "ms"});
  table.AddRow({"a longer name", "1"});
  table.AddRow({"b", "1,000"});
  EXPECT_EQ(table.Render(),
            "  what              ms\n"
            "  a longer name      1\n"
            "  b              1,000\n");
}

}  // namespace
}  // namespace caponier::tool::bench
