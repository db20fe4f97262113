// Which tag a block gets. Pure functions over small sets, proved by trying every state (tag_policy_test.cc).
//
// Tag 0 is that of free memory, of slack and of everything that is no block; no block ever has it. A block differs from both neighbours, so
// that an overflow or underflow that runs into a neighbour faults. And a slot takes no tag twice while it lasts: a pointer that was
// freed stays wrong for that slot, however often it is used again. All three hold for an attacker who reads every tag, since
// neither a linear overflow nor a dangling pointer changes the tag of the pointer in hand.
//
// Fifteen tags, of which the neighbours block at most two: a slot serves at least thirteen blocks before it is exhausted and held.
#pragma once

#include <bit>
#include <concepts>

#include "lib/base/types.h"

namespace caponier::heap {

struct Tag {
  u8 value = 0;  // 4 bits
  constexpr bool operator==(const Tag&) const = default;
};
inline constexpr Tag kFreeTag{0};
inline constexpr u32 kTagCount = 16;

class TagSet {
 public:
  constexpr TagSet() = default;
  constexpr explicit TagSet(u16 bits) : bits_(bits) {}
  static constexpr TagSet Blocks() { return TagSet(0xfffe); }  // every tag but kFreeTag

  constexpr u16 bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr u32 size() const { return static_cast<u32>(std::popcount(bits_)); }
  constexpr bool Has(Tag tag) const { return (bits_ >> tag.value & 1) != 0; }
  constexpr TagSet With(Tag tag) const { return TagSet(static_cast<u16>(bits_ | 1u << tag.value)); }
  constexpr TagSet Without(Tag tag) const { return TagSet(static_cast<u16>(bits_ & ~(1u << tag.value))); }
  constexpr TagSet Without(TagSet other) const { return TagSet(static_cast<u16>(bits_ & ~other.bits_)); }
  // The member with `rank` smaller ones; `rank` is below size().
  constexpr Tag Nth(u32 rank) const {
    u32 bits = bits_;
    for (; rank != 0; rank--) bits &= bits - 1;
    return Tag{static_cast<u8>(std::countr_zero(bits))};
  }

 private:
  u16 bits_ = 0;
};

// What a slot may take that had `used` before and stands between these two; a free neighbour has kFreeTag and forbids nothing.
constexpr TagSet AllowedTags(TagSet used, Tag left, Tag right) {
  return TagSet::Blocks().Without(used).Without(left).Without(right);
}

// One of `allowed`, which is not empty, by a byte that is as likely as any other; the free tag where the byte would make some likelier
// [lemire] section 4.
constexpr Tag TagBy(TagSet allowed, u8 byte) {
  const u32 count = allowed.size(), product = byte * count, below = product & 0xff;
  if (below < count && below < 256 % count) [[unlikely]]
    return kFreeTag;
  return allowed.Nth(product >> 8);
}
template <typename NextByte>
  requires std::same_as<std::invoke_result_t<NextByte&>, u8>
constexpr Tag PickTag(TagSet allowed, NextByte&& next) {
  for (;;) {
    if (const Tag tag = TagBy(allowed, next()); tag != kFreeTag) return tag;
  }
}

}  // namespace caponier::heap
