#include "lib/heap/tag_claim.h"

#include <gtest/gtest.h>

#include <functional>

namespace caponier::heap {
namespace {

// Counts the steps of all cells, and lets another thread run at one of them.
struct Steps {
  int until = -1;
  std::function<void()> other;
  void Take() {
    if (until-- == 0) other();
  }
};
struct Cell {
  Steps* steps;
  u8 value = 0;
  u8 load(std::memory_order) {
    steps->Take();
    return value;
  }
  void store(u8 to, std::memory_order) {
    steps->Take();
    value = to;
    steps->Take();
  }
};

// The left neighbour's claim runs, whole, at every step of ours; both would draw the same tag. Either side may have to give way.
TEST(TagClaim, NeighboursDifferWhereverTheOtherComesIn) {
  for (int step = 0; step < 20; step++) {
    Steps ours, quiet;
    Cell wall{&quiet}, left{&ours}, own{&ours}, right{&ours};
    const auto counter = [](u8 from) { return [from]() mutable { return from++; }; };
    Tag theirs = kFreeTag;
    ours.until = step;
    ours.other = [&] {
      Cell their_own{&quiet, left.value}, their_right{&quiet, own.value};
      theirs = ClaimTag(wall, their_own, their_right, TagSet(), counter(0));
      left.value = theirs.value;
    };
    const Tag mine = ClaimTag(left, own, right, TagSet(), counter(0));
    ASSERT_NE(mine, kFreeTag);
    EXPECT_EQ(own.value, mine.value);
    EXPECT_NE(mine, theirs) << "when the neighbour came in at step " << step;
  }
}

TEST(TagClaim, GivesNothingWhenNothingIsLeft) {
  Steps quiet;
  Cell left{&quiet, 5}, own{&quiet}, right{&quiet, 6};
  EXPECT_EQ(ClaimTag(left, own, right, TagSet(0xff9e), [] { return u8{0}; }), kFreeTag);
  EXPECT_EQ(own.value, 0);
  left.value = 0;
  EXPECT_EQ(ClaimTag(left, own, right, TagSet(0xff9e), [] { return u8{0}; }), Tag{5});
}

}  // namespace
}  // namespace caponier::heap
