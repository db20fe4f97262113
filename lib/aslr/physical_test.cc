#include "lib/aslr/physical.h"

#include <gtest/gtest.h>

#include <map>

#include "lib/aslr/source_for_test.h"

namespace caponier::aslr {
namespace {

TEST(PlaceInMemory, EveryPlaceIsEquallyLikely) {
  const PageRange free[] = {{100, 104}, {7, 9}, {20, 30}, {50, 53}};
  EnumeratingSource source;
  std::map<u64, int> times;
  while (source.NextPath()) times[PlaceInMemory(source, free, 3).value()]++;
  std::map<u64, int> expected{{100, 1}, {101, 1}, {50, 1}};
  for (u64 page = 20; page <= 27; page++) expected[page] = 1;
  EXPECT_EQ(times, expected);
}

TEST(PlaceInMemory, RefusesWhatDoesNotFit) {
  const PageRange free[] = {{0, 4}, {8, 12}};
  EdgeSource source(Edge::kHigh);
  EXPECT_EQ(PlaceInMemory(source, free, 4).value(), 8u);
  EXPECT_EQ(PlaceInMemory(source, free, 5).error(), Error::kNoMemory);
  EXPECT_EQ(PlaceInMemory(source, {}, 1).error(), Error::kNoMemory);
  EXPECT_EQ(PlaceInMemory(source, free, 0).error(), Error::kInvalidArgument);
}

}  // namespace
}  // namespace caponier::aslr
