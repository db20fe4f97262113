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

// The same where tags are on, in which a slot's neighbours look at its word to take other tags. Bits 0 to 3 are the block's tag and bit 4 says
// "live", so that the lowest five of a live word are the number of its tag's bit, and of a free one 0; bits 17 to 31 are tags 1 to 15, if
// used; between them is the slack. Of that slots of more than kLongSlot bytes have the rest elsewhere (Slab).
class TaggedWord {
 public:
  constexpr TaggedWord() = default;
  constexpr explicit TaggedWord(u32 raw) : raw_(raw) {}
  static constexpr u64 kSlackBits = 12, kLongSlot = u64{1} << kSlackBits;

  // Of a free one; `place` is its tag's.
  constexpr TaggedWord Live(u32 place, u64 slack) const { return TaggedWord(WithSlack(slack).raw_ | u32{1} << place | place); }
  static constexpr u32 PlaceOf(Tag tag) { return kLive | tag.value; }
  constexpr TaggedWord Freed() const { return TaggedWord(raw_ & ~kPlace); }
  constexpr TaggedWord WithSlack(u64 slack) const {
    return TaggedWord((raw_ & ~kSlack) | (static_cast<u32>(slack) << kSlackShift & kSlack));
  }

  constexpr u32 raw() const { return raw_; }
  constexpr bool live() const { return (raw_ & kLive) != 0; }
  constexpr Tag tag() const { return Tag{static_cast<u8>(raw_ & 15)}; }
  constexpr TagSet used() const { return TagSet(static_cast<u16>(raw_ >> kUsedShift & 0xfffe)); }
  constexpr u64 slack() const { return (raw_ & kSlack) >> kSlackShift; }  // without what is elsewhere
  // Bit 16 + t for tag t of a live block, and of a free slot's word a bit that is nobody's.
  constexpr u32 place_bit() const { return u32{1} << (raw_ & kPlace); }

  // As a word without tags; `more` is the slack that is elsewhere.
  constexpr SlotWord WithoutPlace(u64 more) const {
    const u32 word = static_cast<u32>((more << kSlackBits | slack()) << 16) | used().bits();
    return SlotWord(word | (live() ? SlotWord::kLive : 0));
  }

 private:
  static constexpr int kSlackShift = 5, kUsedShift = 16;
  static constexpr u32 kLive = 16, kPlace = 31, kSlack = 0xfff << kSlackShift;
  u32 raw_ = 0;
};

}  // namespace caponier::heap
