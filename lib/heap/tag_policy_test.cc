// The policy is proved by trying every state there is, and the proof by policies with the known bugs of others, which it must refuse.
#include "lib/heap/tag_policy.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <set>
#include <string>

#include "lib/heap/tag_select.h"

namespace caponier::heap {
namespace {

// A policy as the proof sees it: the tags a slot may take.
using Policy = std::function<TagSet(TagSet used, Tag left, Tag right)>;

using Broken = std::set<std::string>;

// Which promises `policy` breaks, over all 2^15 sets of used tags and 16 x 16 neighbours.
Broken BrokenPromises(const Policy& policy) {
  bool free_tag = false, as_left = false, as_right = false, again = false, early = false, needless = false;
  for (u32 bits = 0; bits < (1u << kTagCount); bits += 2) {
    const TagSet used(static_cast<u16>(bits));
    for (u8 left = 0; left < kTagCount; left++) {
      for (u8 right = 0; right < kTagCount; right++) {
        const TagSet allowed = policy(used, Tag{left}, Tag{right});
        free_tag |= allowed.Has(kFreeTag);
        as_left |= left != 0 && allowed.Has(Tag{left});
        as_right |= right != 0 && allowed.Has(Tag{right});
        again |= (allowed.bits() & used.bits()) != 0;
        early |= allowed.empty() && used.size() < 13;
        // Nothing is refused without need, so that the draw is over as many as can be.
        needless |= (allowed.bits() | used.With(kFreeTag).With(Tag{left}).With(Tag{right}).bits()) != 0xffff;
      }
    }
  }
  Broken broken;
  if (free_tag) broken.insert("a block gets the free tag");
  if (as_left) broken.insert("as the left neighbour");
  if (as_right) broken.insert("as the right neighbour");
  if (again) broken.insert("a tag comes again");
  if (early) broken.insert("exhausted before 13 blocks");
  if (needless) broken.insert("fewer tags than there are");
  return broken;
}

TEST(TagPolicy, KeepsEveryPromiseInEveryState) { EXPECT_EQ(BrokenPromises(AllowedTags), Broken{}); }

// libpas: the mask of excluded tags was and-ed with the complement of what should have been or-ed in.
TEST(TagPolicyMutant, LibpasExcludesWithTheWrongOperator) {
  const Policy libpas = [](TagSet used, Tag left, Tag right) {
    u16 excluded = static_cast<u16>(used.With(kFreeTag).bits());
    excluded &= static_cast<u16>(~(1u << left.value));
    excluded &= static_cast<u16>(~(1u << right.value));
    return TagSet(static_cast<u16>(~excluded));
  };
  EXPECT_EQ(BrokenPromises(libpas),
            (Broken{"a block gets the free tag", "as the left neighbour", "as the right neighbour", "a tag comes again"}));
}

// Unikraft: no look at neighbours or history; the tag of free memory is a random one too.
TEST(TagPolicyMutant, UnikraftLooksAtNothing) {
  const Policy unikraft = [](TagSet, Tag, Tag) { return TagSet(0x7ffe); };  // its exclude mask is 1 << 15 | 1
  EXPECT_EQ(BrokenPromises(unikraft),
            (Broken{"as the left neighbour", "as the right neighbour", "a tag comes again", "fewer tags than there are"}));
}

// The public patch to musl, and glibc: gmi on an untagged pointer excludes tag 0 and no other.
TEST(TagPolicyMutant, MuslPatchExcludesOnlyTheFreeTag) {
  const Policy musl = [](TagSet, Tag, Tag) { return TagSet::Blocks(); };
  EXPECT_EQ(BrokenPromises(musl), (Broken{"as the left neighbour", "as the right neighbour", "a tag comes again"}));
}

// hardened_malloc, scudo: the slot's last tag is excluded, those before are not.
TEST(TagPolicyMutant, ExcludingOnlyTheLastTagRepeatsEarlierOnes) {
  const Policy last_only = [](TagSet used, Tag left, Tag right) {
    const TagSet last = used.empty() ? TagSet() : TagSet().With(used.Nth(used.size() - 1));
    return AllowedTags(last, left, right);
  };
  EXPECT_EQ(BrokenPromises(last_only), (Broken{"a tag comes again"}));
}

// scudo: even and odd slots share out the tags, which leaves half of them.
TEST(TagPolicyMutant, ParityEndsASlotEarly) {
  const Policy parity = [](TagSet used, Tag left, Tag right) { return TagSet(AllowedTags(used, left, right).bits() & 0x5554); };
  EXPECT_TRUE(BrokenPromises(parity).contains("exhausted before 13 blocks"));
}

// Each of the allowed is drawn, equally often over all bytes that are not drawn again, and nothing else ever.
TEST(TagPolicy, DrawsEvenlyFromWhatIsAllowed) {
  for (u32 bits = 2; bits < (1u << kTagCount); bits += 2) {
    const TagSet allowed(static_cast<u16>(bits));
    std::array<u32, kTagCount> drawn{};
    for (u32 byte = 0; byte < 256; byte++) {
      const Tag tag = TagBy(allowed, static_cast<u8>(byte));
      const Selection selection = SelectTag(~bits << 16 | 0x1ffff, static_cast<u8>(byte));
      ASSERT_EQ(selection.tag, byte == 0 ? kFreeTag : tag) << bits << " by " << byte;
      ASSERT_EQ(selection.what, byte == 0 ? Selected::kNothing : tag == kFreeTag ? Selected::kAgain : Selected::kTag);
      if (tag == kFreeTag) continue;
      ASSERT_TRUE(allowed.Has(tag));
      drawn[tag.value]++;
    }
    u32 unfair = 256 % allowed.size();
    ASSERT_TRUE(allowed.Has(PickTag(allowed, [&]() -> u8 { return unfair-- != 0 ? u8{0} : u8{255}; })));
    for (u8 tag = 0; tag < kTagCount; tag++) ASSERT_EQ(drawn[tag], allowed.Has(Tag{tag}) ? 256 / allowed.size() : 0) << bits;
  }
}

TEST(TagPolicy, SelectsNothingWhereNothingIsLeft) {
  for (u32 byte = 0; byte < 256; byte++) ASSERT_EQ(SelectTag(0xfffe0000, static_cast<u8>(byte)).what, Selected::kNothing) << byte;
}

TEST(TagSet, CountsAndOrders) {
  for (u32 bits = 1; bits < (1u << kTagCount); bits++) {
    const TagSet set(static_cast<u16>(bits));
    TagSet rebuilt;
    for (u32 rank = 0; rank < set.size(); rank++) rebuilt = rebuilt.With(set.Nth(rank));
    ASSERT_EQ(rebuilt.bits(), set.bits());
  }
}

}  // namespace
}  // namespace caponier::heap
