// What is known of a slot, in 32 bits that lie apart from the blocks: whether it is a live block, which tags it has had, and how much of
// the slot was not asked for.
#pragma once

#include "lib/heap/tag_policy.h"

namespace caponier::heap {

// Bit 0, the free tag's, says "live"; bits 1 to 15 are the tags used; the upper half is the slack. Without tags, bit 1 says "used before", and
// bit 2 that the slot's memory was another slab's before.
class SlotWord {
 public:
  constexpr explicit SlotWord(u32 raw) : raw_(raw) {}
  static constexpr u64 kMaxSlack = 0xffff;
  static constexpr u32 kLive = 1;
  static constexpr Tag kOnlyTag{1}, kOthers{2};

  static constexpr SlotWord Live(TagSet used, u64 slack) { return SlotWord(static_cast<u32>(slack << 16) | used.bits() | kLive); }
  static constexpr SlotWord OfUsedMemory() { return SlotWord(TagSet().With(kOthers).bits()); }
  constexpr SlotWord Freed() const { return SlotWord(raw_ & ~kLive); }
  constexpr SlotWord WithSlack(u64 slack) const { return SlotWord((raw_ & 0xffff) | static_cast<u32>(slack << 16)); }

  constexpr u32 raw() const { return raw_; }
  // As a slot without tags is between two blocks of its own.
  constexpr bool rests() const { return static_cast<u16>(raw_) == TagSet().With(kOnlyTag).bits(); }
  constexpr bool live() const { return (raw_ & kLive) != 0; }
  constexpr TagSet used() const { return TagSet(static_cast<u16>(raw_ & 0xfffe)); }
  constexpr bool memory_used() const { return !used().empty(); }  // by a block of this slot or of another before
  constexpr u32 generation() const { return used().size(); }      // blocks it has served in its epoch, under tags
  constexpr u64 slack() const { return raw_ >> 16; }

 private:
  u32 raw_;
};

}  // namespace caponier::heap
