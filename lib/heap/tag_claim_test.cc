#include "lib/heap/tag_claim.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

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
  u32 value = 0;
  u32 load(std::memory_order) {
    steps->Take();
    return value;
  }
  void store(u32 to, std::memory_order) {
    steps->Take();
    value = to;
    steps->Take();
  }
  u32 exchange(u32 to, std::memory_order) {
    steps->Take();
    const u32 before = std::exchange(value, to);
    steps->Take();
    return before;
  }
};

constexpr u64 kSlack = 3;
u32 Live(Tag tag) { return TaggedWord().Live(TaggedWord::PlaceOf(tag), kSlack).raw(); }

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
      theirs = ClaimTag(wall, their_own, their_right, TaggedWord(), kSlack, counter(0));
      left.value = their_own.value;
    };
    const Tag mine = ClaimTag(left, own, right, TaggedWord(), kSlack, counter(0));
    ASSERT_NE(mine, kFreeTag);
    EXPECT_EQ(own.value, Live(mine));
    EXPECT_EQ(left.value, theirs == kFreeTag ? 0 : Live(theirs));
    EXPECT_NE(mine, theirs) << "when the neighbour came in at step " << step;
  }
}

// What was claimed in vain is as it was.
TEST(TagClaim, AClaimThatFailsLeavesNothing) {
  Steps ours, quiet;
  const TaggedWord before(Live(Tag{7}) & ~u32{31});
  for (const bool on_left : {true, false}) {
    Cell left{&quiet, on_left ? Live(Tag{4}) : 0}, own{&ours, before.raw()}, right{&quiet, on_left ? 0 : Live(Tag{4})};
    EXPECT_FALSE(TryClaim(left, own, right, before, Tag{4}, 0));
    EXPECT_EQ(own.value, before.raw());
    EXPECT_TRUE(TryClaim(left, own, right, before, Tag{5}, 0));
    EXPECT_EQ(TaggedWord(own.value).tag(), Tag{5});
  }
}

TEST(TagClaim, GivesNothingWhenNothingIsLeft) {
  Steps quiet;
  Cell left{&quiet, Live(Tag{5})}, own{&quiet}, right{&quiet, Live(Tag{6})};
  TaggedWord used;
  for (u8 tag = 1; tag < kTagCount; tag++)
    if (tag != 5 && tag != 6) used = used.Live(TaggedWord::PlaceOf(Tag{tag}), 0).Freed();
  EXPECT_EQ(ClaimTag(left, own, right, used, kSlack, [] { return u8{0}; }), kFreeTag);
  EXPECT_EQ(own.value, 0u);
  left.value = TaggedWord(left.value).Freed().raw();
  EXPECT_EQ(ClaimTag(left, own, right, used, kSlack, [] { return u8{0}; }), Tag{5});
}

// Two threads free one block at once: one of them is told, whenever the other comes in, also where the slot is another block's by then.
TEST(TagClaim, ABlockIsGivenBackOnce) {
  for (const bool used_again : {false, true}) {
    for (int step = 0; step < 2; step++) {
      Steps ours, quiet;
      const TaggedWord before(Live(Tag{7}));
      Cell own{&ours, before.raw()}, wall{&quiet};
      bool theirs = false;
      ours.until = step;
      ours.other = [&] {
        Cell same{&quiet, own.value};
        theirs = TryGiveBack(same, before);
        if (theirs && used_again) EXPECT_TRUE(TryClaim(wall, same, wall, TaggedWord(same.value), Tag{8}, kSlack));
        own.value = same.value;
      };
      const bool mine = TryGiveBack(own, before);
      EXPECT_NE(mine, theirs) << "when the other came in at step " << step;
      EXPECT_FALSE(TaggedWord(own.value).live());
    }
  }
}

// What the words say is taken is what the policy does not allow, in every state.
TEST(TagClaim, TakenIsWhatIsNotAllowed) {
  for (u32 bits = 0; bits < (1u << kTagCount); bits += 2) {
    const TaggedWord own(bits << 16 | (bits * 0x9e5 & 0x1ffe0));  // and some slack
    ASSERT_EQ(own.used().bits(), bits);
    for (u8 left = 0; left < kTagCount; left++) {
      for (u8 right = 0; right < kTagCount; right++) {
        const u32 left_raw = left == 0 ? 0xffffffe0 : Live(Tag{left}) | 0xffffffe0;
        const TaggedWord beside(left_raw), behind(right == 0 ? 0 : Live(Tag{right}));
        const u16 taken = static_cast<u16>(TakenTags(own, beside, behind) >> 16 | 1);
        ASSERT_EQ(TagSet(static_cast<u16>(~taken)).bits(), AllowedTags(own.used(), Tag{left}, Tag{right}).bits());
      }
    }
  }
}

TEST(TaggedWord, HoldsWhatItIsGiven) {
  for (u8 tag = 1; tag < kTagCount; tag++) {
    for (u64 slack = 0; slack < TaggedWord::kLongSlot; slack += 5) {
      const TaggedWord free = TaggedWord().Live(TaggedWord::PlaceOf(Tag{3}), 77).Freed();
      const TaggedWord live = free.Live(TaggedWord::PlaceOf(Tag{tag}), slack);
      ASSERT_FALSE(free.live());
      ASSERT_TRUE(live.live());
      ASSERT_EQ(live.tag(), Tag{tag});
      ASSERT_EQ(live.slack(), slack);
      ASSERT_EQ(live.used().bits(), TagSet().With(Tag{3}).With(Tag{tag}).bits());
      ASSERT_EQ(live.WithSlack(4095 - slack).slack(), 4095 - slack);
      ASSERT_EQ(live.WithSlack(4095 - slack).WithSlack(slack).raw(), live.raw());
      const SlotWord same = live.WithoutPlace(9);
      ASSERT_TRUE(same.live());
      ASSERT_EQ(same.slack(), 9 * TaggedWord::kLongSlot + slack);
      ASSERT_EQ(same.used().bits(), live.used().bits());
      ASSERT_FALSE(live.Freed().WithoutPlace(0).live());
    }
  }
  EXPECT_FALSE(TaggedWord().WithoutPlace(0).memory_used());
}

}  // namespace
}  // namespace caponier::heap
