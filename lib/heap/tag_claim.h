// How a slot takes a tag while others take theirs for its neighbours, without a lock.
#pragma once

#include <atomic>

#include "lib/arch/arm_atomics.h"
#include "lib/heap/slot_word.h"
#include "lib/heap/tag_select.h"

namespace caponier::heap {

// What SelectTag must leave out for a slot between these two; other bits than 17 to 31 are of no meaning.
constexpr u32 TakenTags(TaggedWord own, TaggedWord left, TaggedWord right) {
  return own.raw() | left.place_bit() | right.place_bit();
}

// A tag is claimed by writing it down before looking at the neighbours once more: of two threads that claim one tag for two neighbours at once, at
// least one sees the other's claim, since these stores and loads have one order in which all threads see them; it takes its own back, and has to
// choose again. What the neighbours' words were when the tag was chosen needs no order. A neighbour that is free by now has given
// its memory the free tag before its word said so (release). `own` is `before`, free. T is AtomicWord, or a test's.
template <typename T>
[[gnu::always_inline]] inline bool TryClaim(T& left, T& own, T& right, TaggedWord before, Tag tag, u64 slack) {
  u32 place = TaggedWord::PlaceOf(tag);
#if defined(__aarch64__)
  asm("" : "+r"(place));  // or it would be put together once more for its bit
#endif
  const u32 place_bit = u32{1} << place;
  const TaggedWord live = before.Live(place, slack);
  own.store(live.raw(), std::memory_order_seq_cst);
  const u32 others = TaggedWord(left.load(std::memory_order_seq_cst)).place_bit() |
                     TaggedWord(right.load(std::memory_order_seq_cst)).place_bit();
  if ((others & place_bit) == 0) [[likely]]
    return true;
  own.store(before.raw(), std::memory_order_seq_cst);
  return false;
}

// A tag by the bytes that `next` draws; the free tag, and nothing claimed, when none is left.
template <typename T, typename NextByte>
Tag ClaimTag(T& left, T& own, T& right, TaggedWord before, u64 slack, NextByte&& next) {
  for (;;) {
    const TagSet allowed = AllowedTags(before.used(), TaggedWord(left.load(std::memory_order_relaxed)).tag(),
                                       TaggedWord(right.load(std::memory_order_relaxed)).tag());
    if (allowed.empty()) return kFreeTag;
    const Tag tag = PickTag(allowed, next);
    if (TryClaim(left, own, right, before, tag, slack)) return tag;
  }
}

// A block's end, once its memory has the free tag: false when its word is not `before` any more, since another thread has freed the block
// meanwhile. The word says "free" in any case.
template <typename T>
[[gnu::always_inline]] inline bool TryGiveBack(T& own, TaggedWord before) {
  return arch::ExchangeRelease(own, before.Freed().raw()) == before.raw();
}

}  // namespace caponier::heap
