// Whose a pointer is that the processor refused, by its tag.
#pragma once

#include <optional>

#include "lib/heap/misuse.h"
#include "lib/heap/slot_word.h"

namespace caponier::heap {

struct SlotState {
  u64 begin;
  u64 bytes;  // of the block that lives there, or lived there last
  SlotWord word;
  Tag tag;  // of the moment
};

// `slot_at(n)` is the slot `n` places from the one that `address` is in, or nothing. The pointer is the block's beside whose it is if that lives
// there (an overflow or underflow), the nearer one of two, else a former block's of this slot. Within a slot's epoch a tag is one block's
// only, so the second is certain when the tag was used.
template <typename SlotAt>
Misuse ExplainTag(u64 address, Tag tag, const SlotAt& slot_at) {
  using Slot = std::optional<SlotState>;
  const auto owns = [tag](const Slot& slot) { return slot && slot->word.live() && slot->tag == tag; };
  const auto blame = [](Crime crime, const SlotState& slot, u64 distance) {
    return Misuse{.crime = crime,
                  .block_bytes = slot.bytes,
                  .distance = distance,
                  .generation = slot.word.generation(),
                  .block = slot.begin};
  };
  // 0 of an access that begins in the block and ends behind it.
  const auto behind_end = [address](const SlotState& slot) {
    const u64 end = slot.begin + slot.bytes;
    return address < end ? 0 : address - end;
  };
  const Slot own = slot_at(0);
  if (tag == kFreeTag || !own) return {.crime = Crime::kWildAccess};
  if (owns(own)) return blame(Crime::kOverflow, *own, behind_end(*own));
  const Slot before = slot_at(-1), behind = slot_at(1);
  if (owns(before) && (!owns(behind) || behind_end(*before) < behind->begin - address))
    return blame(Crime::kOverflow, *before, behind_end(*before));
  if (owns(behind)) return blame(Crime::kUnderflow, *behind, behind->begin - address);
  if (!own->word.used().Has(tag)) return {.crime = Crime::kWildAccess};
  Misuse misuse = blame(Crime::kUseAfterFree, *own, address - own->begin);
  misuse.pointer_generation = 1;
  return misuse;
}

}  // namespace caponier::heap
