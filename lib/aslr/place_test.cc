#include "lib/aslr/place.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "lib/aslr/range_set.h"
#include "lib/aslr/source_for_test.h"

namespace caponier::aslr {
namespace {

using Taken = RangeSet<8>;

Taken Make(std::initializer_list<PageRange> ranges) {
  Taken taken;
  for (PageRange range : ranges) EXPECT_TRUE(taken.Insert(range).ok());
  return taken;
}

// The valid places by definition: each page tried.
std::set<u64> ValidPlaces(const PlaceRequest& request, PageRange window, const Taken& taken) {
  std::set<u64> places;
  for (u64 page = window.begin; page < window.end; page++) {
    if (page % request.alignment != 0 || page < window.begin + request.guard_pages) continue;
    if (request.block != 0 && page / request.block != (page + request.pages - 1) / request.block) continue;
    if (page + request.pages + request.guard_pages > window.end) continue;
    bool free = true;
    for (PageRange range : taken.ranges()) {
      if (range.begin < page + request.pages + request.guard_pages && page - request.guard_pages < range.end) free = false;
    }
    if (free) places.insert(page);
  }
  return places;
}

// Runs Place over every outcome of its source and adds up each place's probability, exactly, in units of 1/common.
void ExpectExactlyUniform(const PlaceRequest& request, PageRange window, const Taken& taken, int draws) {
  std::set<u64> valid = ValidPlaces(request, window, taken);
  EXPECT_EQ(CountPlaces(request, window, taken), valid.size());
  u64 candidates = 0;
  for (u64 page : ValidPlaces(request, window, Taken{})) EXPECT_EQ(PlaceNumber(request, window, page), candidates++);
  u64 common = valid.empty() ? 1 : valid.size();
  for (int i = 0; i < draws; i++) common *= candidates == 0 ? 1 : candidates;
  std::map<u64, u64> probability;
  u64 total = 0;
  EnumeratingSource source;
  while (source.NextPath()) {
    Result<u64> place = Place(source, request, window, taken, draws);
    if (valid.empty()) {
      ASSERT_FALSE(place.ok());
      EXPECT_EQ(place.error(), Error::kNoMemory);
      continue;
    }
    ASSERT_TRUE(place.ok());
    probability[place.value()] += source.weight(common);
    total += source.weight(common);
  }
  if (valid.empty()) return;
  EXPECT_EQ(total, common);
  ASSERT_EQ(probability.size(), valid.size());
  for (auto [page, weight] : probability) {
    EXPECT_TRUE(valid.contains(page)) << page;
    EXPECT_EQ(weight * valid.size(), common) << "page " << page;
  }
}

TEST(Place, IsExactlyUniformInEverySmallWindow) {
  const std::vector<Taken> layouts = {
      Make({}),        Make({{3, 4}}),  Make({{0, 2}, {9, 12}}), Make({{2, 3}, {3, 4}, {7, 8}}), Make({{1, 2}, {4, 5}, {8, 9}}),
      Make({{0, 12}}), Make({{5, 30}}),
  };
  for (const Taken& taken : layouts) {
    for (PageRange window : {PageRange{0, 12}, PageRange{1, 11}, PageRange{4, 7}}) {
      for (u64 pages : {1, 2, 3, 5}) {
        for (u64 guard : {0, 1, 2}) {
          for (u64 alignment : {1, 2, 4}) {
            for (int draws : {0, 1, 3}) {
              SCOPED_TRACE(testing::Message() << "window " << window.begin << " to " << window.end << " pages " << pages
                                              << " guard " << guard << " alignment " << alignment << " draws " << draws);
              ExpectExactlyUniform({pages, guard, alignment}, window, taken, draws);
            }
          }
        }
      }
    }
  }
}

TEST(Place, IsExactlyUniformInsideBlocks) {
  for (const Taken& taken : {Make({}), Make({{3, 4}, {11, 12}}), Make({{0, 5}})}) {
    for (u64 begin : {0, 1, 3, 6}) {
      for (u64 pages : {1, 2, 3, 4, 7}) {
        for (u64 alignment : {1, 2, 4}) {
          for (u64 block : {4, 8}) {
            if (pages > block) continue;
            SCOPED_TRACE(testing::Message() << "from " << begin << " pages " << pages << " alignment " << alignment << " block "
                                            << block);
            ExpectExactlyUniform({pages, 1, alignment, block}, {begin, 21}, taken, 1);
          }
        }
      }
    }
  }
}

TEST(Place, FindsTheOnlyPlaceWhateverTheDraws) {
  Taken taken = Make({{0, 1000}, {1003, u64{1} << 35}});
  for (Edge edge : {Edge::kLow, Edge::kHigh, Edge::kAlternating}) {
    EdgeSource source(edge);
    Result<u64> place = Place(source, {.pages = 1, .guard_pages = 1}, {0, u64{1} << 35}, taken);
    ASSERT_TRUE(place.ok());
    EXPECT_EQ(place.value(), 1001u);
    EXPECT_EQ(Place(source, {.pages = 2, .guard_pages = 1}, {0, u64{1} << 35}, taken).error(), Error::kNoMemory);
  }
}

TEST(Place, ReachesBothEndsOfTheWindowAndNoFurther) {
  PageRange kernel_half = {u64{0xffff800000000}, kPageNumberEnd};
  EdgeSource low(Edge::kLow), high(Edge::kHigh);
  PlaceRequest request = {.pages = 3, .guard_pages = 2};
  EXPECT_EQ(Place(low, request, kernel_half, Taken{}).value(), kernel_half.begin + 2);
  EXPECT_EQ(Place(high, request, kernel_half, Taken{}).value(), kPageNumberEnd - 5);
  EXPECT_EQ(CountPlaces(request, kernel_half, Taken{}), (u64{1} << 35) - 6);
}

TEST(Place, RefusesNonsense) {
  EdgeSource source(Edge::kHigh);
  PageRange window = {0, 1 << 20};
  EXPECT_EQ(Place(source, {.pages = 0}, window, Taken{}).error(), Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {.pages = ~u64{0}}, window, Taken{}).error(), Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {.pages = 1, .guard_pages = ~u64{0} / 2 + 1}, window, Taken{}).error(), Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {.pages = 1, .guard_pages = 1, .alignment = 3}, window, Taken{}).error(), Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {.pages = 1, .guard_pages = 1, .alignment = 0}, window, Taken{}).error(), Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {.pages = 1, .guard_pages = 1, .alignment = 1, .block = 6}, window, Taken{}).error(),
            Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {.pages = 9, .guard_pages = 1, .alignment = 1, .block = 8}, window, Taken{}).error(),
            Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {.pages = 1, .guard_pages = 1, .alignment = 8, .block = 4}, window, Taken{}).error(),
            Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {}, {5, 4}, Taken{}).error(), Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {}, {0, kPageNumberEnd + 1}, Taken{}).error(), Error::kInvalidArgument);
  EXPECT_EQ(Place(source, {}, {4, 4}, Taken{}).error(), Error::kNoMemory);
  EXPECT_EQ(CountPlaces({.pages = 0}, window, Taken{}), 0u);
}

TEST(Place, NeedsOneDrawInAnEmptyHalfAndFewInAFullOne) {
  EnumeratingSource empty;
  ASSERT_TRUE(empty.NextPath());
  ASSERT_TRUE(Place(empty, {}, {0, 1 << 20}, Taken{}).ok());
  EXPECT_EQ(empty.draws(), 1u);
  EnumeratingSource full;
  ASSERT_TRUE(full.NextPath());
  ASSERT_TRUE(Place(full, {}, {0, 1 << 20}, Make({{0, (1 << 20) - 3}})).ok());
  EXPECT_EQ(full.draws(), static_cast<size_t>(kPlaceDraws) + 1);
}

TEST(RangeSet, KeepsOrderAndRefusesOverlap) {
  Taken taken = Make({{10, 20}, {0, 5}, {30, 31}, {5, 6}});
  std::vector<u64> begins;
  for (PageRange range : taken.ranges()) begins.push_back(range.begin);
  EXPECT_EQ(begins, (std::vector<u64>{0, 5, 10, 30}));
  EXPECT_EQ(taken.Insert({19, 21}).error(), Error::kExists);
  EXPECT_EQ(taken.Insert({8, 11}).error(), Error::kExists);
  EXPECT_EQ(taken.Insert({0, 100}).error(), Error::kExists);
  EXPECT_EQ(taken.Insert({7, 7}).error(), Error::kInvalidArgument);
  EXPECT_EQ(taken.NextOccupied(6), (PageRange{10, 20}));
  EXPECT_EQ(taken.NextOccupied(19), (PageRange{10, 20}));
  EXPECT_EQ(taken.NextOccupied(20), (PageRange{30, 31}));
  EXPECT_EQ(taken.NextOccupied(31), kNoRange);
  for (u64 i = 40; i < 44; i++) EXPECT_TRUE(taken.Insert({i, i + 1}).ok());
  EXPECT_EQ(taken.Insert({50, 51}).error(), Error::kNoMemory);
}

}  // namespace
}  // namespace caponier::aslr
