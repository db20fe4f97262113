// Heap's functions that find out what went wrong: included by heap.h alone.
#pragma once

#include "lib/heap/explain_tag.h"
#include "lib/heap/heap.h"

namespace caponier::heap {

// A large block's record stands at its first byte only; an address further in is found by looking at the start of every run that it
// could be in.
template <Platform P>
UnitRecord* Heap<P>::FindLargeAround(u64 address) {
  if (ground_.arena.Find(address) == nullptr) return nullptr;
  const u32 unit = ground_.arena.UnitOf(address);
  for (u32 order = 0; order <= kMaxRunOrder; order++) {
    UnitRecord& record = ground_.arena.record(unit & ~((u32{1} << order) - 1));
    const bool large = record.kind == UnitKind::kLarge || record.kind == UnitKind::kFreedLarge;
    if (large && record.order == order) return &record;
  }
  return nullptr;
}

template <Platform P>
SlotWord Heap<P>::WordOf(const UnitRecord& slab, const AtomicWord* word) const {
  const u32 raw = word->load(std::memory_order_relaxed);
  if (!ground_.tagged) return SlotWord(raw);
  const Slab& whole = *Slab::Of(slab);
  const bool rest = whole.long_slack != nullptr;
  return TaggedWord(raw).WithoutPlace(rest ? whole.long_slack[whole.IndexOf(word)].load(std::memory_order_relaxed) : 0);
}

template <Platform P>
Heap<P>::Block Heap<P>::LookAt(const void* pointer, Wish wish) {
  const u64 address = Tags::Address(pointer);
  UnitRecord* record = ground_.arena.Find(address);
  if (record == nullptr) Accuse(pointer, wish);
  if (record->kind == UnitKind::kLarge && record->base == address && record->tag == Tags::TagOf(pointer))
    return {record, nullptr, record->link};
  const u64 index = record->SlotOf(address);
  if (index >= record->slots) Accuse(pointer, wish);
  AtomicWord* word = reinterpret_cast<AtomicWord*>(record->link) + index;
  const SlotWord state = WordOf(*record, word);
  if (!state.live() || (ground_.tagged && TagIn(word) != Tags::TagOf(pointer))) Accuse(pointer, wish);
  return {record, word, record->slot_bytes - state.slack()};
}

// Why `pointer` is not the start of a live block.
template <Platform P>
void Heap<P>::Accuse(const void* pointer, Wish wish) {
  const auto stop = [&] [[noreturn]] (Misuse misuse) {
    misuse.wish = wish;
    if (misuse.crime == Crime::kInteriorFree && misuse.block_bytes && misuse.distance >= *misuse.block_bytes) {
      misuse.crime = Crime::kBehindFree;
      misuse.distance -= *misuse.block_bytes;
    }
    Stop(misuse);
  };
  const u64 address = Tags::Address(pointer);
  UnitRecord* record = ground_.arena.Find(address);
  if (record == nullptr || record->kind == UnitKind::kNone || record->kind == UnitKind::kLarge ||
      record->kind == UnitKind::kFreedLarge) {
    const UnitRecord* around = FindLargeAround(address);
    if (around == nullptr && ground_.arena.Forgot(ground_.arena.WideUnitOf(address)))
      stop({.crime = Crime::kDoubleFree, .block = address});
    if (around == nullptr || address < around->base || address - around->base > around->link)
      stop({.crime = Crime::kForeignFree});
    const u64 inside = address - around->base;
    if (around->kind == UnitKind::kFreedLarge)
      stop({.crime = Crime::kDoubleFree, .block_bytes = around->link, .distance = inside, .block = around->base});
    if (inside == 0) {  // its tag is another, which only blocks that had one can have had
      const bool stale = ground_.tags_large && Tags::TagOf(pointer) != kFreeTag;
      stop({.crime = stale ? Crime::kStaleFree : Crime::kForeignFree, .block_bytes = around->link, .block = around->base});
    }
    stop({.crime = inside % kGranule != 0 ? Crime::kMisalignedFree : Crime::kInteriorFree,
          .block_bytes = around->link,
          .distance = inside,
          .block = around->base});
  }
  if (record->kind != UnitKind::kSlab) stop({.crime = Crime::kDoubleFree, .block = address});  // the whole slab has gone since
  const u64 offset = record->OffsetOf(address), index = offset / record->slot_bytes, inside = offset % record->slot_bytes;
  if (index >= record->slots) stop({.crime = Crime::kForeignFree});
  const SlotWord word = WordOf(*record, reinterpret_cast<AtomicWord*>(record->link) + index);
  Misuse misuse{.crime = Crime::kForeignFree,
                .distance = inside,
                .generation = ground_.tagged ? word.generation() : 0,
                .block = address - inside};
  const bool used = ground_.tagged ? word.memory_used() : word.used().Has(SlotWord::kOnlyTag);
  if (used) misuse.block_bytes = record->slot_bytes - word.slack();
  if (inside % kGranule != 0) misuse.crime = Crime::kMisalignedFree;
  else if (inside != 0) misuse.crime = word.live() ? Crime::kInteriorFree : Crime::kForeignFree;
  else if (!word.live()) misuse.crime = used ? Crime::kDoubleFree : Crime::kForeignFree;
  else misuse.crime = word.used().Has(Tags::TagOf(pointer)) ? Crime::kStaleFree : Crime::kForeignFree;
  if (misuse.crime == Crime::kForeignFree) misuse.distance = 0;  // of a slot, which is nobody's
  stop(misuse);
}

template <Platform P>
void Heap<P>::AccuseSlot(Crime crime, u64 slot_bytes, SlotWord word, u64 address) {
  Stop({.crime = crime,
        .block_bytes = slot_bytes - word.slack(),
        .generation = ground_.tagged ? word.generation() : 0,
        .block = address});
}

template <Platform P>
void Heap<P>::AccuseSize(u64 bytes, u64 said) {
  Stop({.crime = Crime::kWrongSizeFree, .block_bytes = bytes, .given_bytes = said});
}

template <Platform P>
bool Heap<P>::Explain(const void* pointer, Misuse* misuse) {
  const u64 address = Tags::Address(pointer);
  const Tag tag = Tags::TagOf(pointer);
  if (!ground_.arena.Contains(address)) return false;
  *misuse = {.crime = Crime::kWildAccess};
  UnitRecord* record = ground_.arena.Find(address);
  if (record == nullptr) return true;
  if (record->kind == UnitKind::kFreedSlab || ground_.arena.Forgot(ground_.arena.WideUnitOf(address))) {
    misuse->crime = Crime::kUseAfterFree;
    return true;
  }
  if (record->kind != UnitKind::kSlab) {
    const UnitRecord* around = FindLargeAround(address);
    // Behind that block it may be before one in the next run, which is nearer.
    const UnitRecord* next = FindLargeAround(AlignDown(address, kUnitBytes) + kUnitBytes);
    if (next != nullptr && next->kind == UnitKind::kLarge && next->base > address) {
      const u64 end = around == nullptr ? 0 : around->base + around->link;
      if (address >= end && next->base - address < address - end) around = next;
    }
    if (around == nullptr) return true;
    misuse->block_bytes = around->link;
    misuse->block = around->base;
    if (around->kind == UnitKind::kFreedLarge) {
      misuse->crime = Crime::kUseAfterFree;
      misuse->distance = address - around->base;
    } else if (address < around->base) {
      misuse->crime = Crime::kUnderflow;
      misuse->distance = around->base - address;
    } else if (address >= around->base + around->link) {
      misuse->crime = Crime::kOverflow;
      misuse->distance = address - around->base - around->link;
    }
    return true;
  }
  if (ground_.tagged) *misuse = ExplainTagged(*record, address, tag);
  return true;
}

template <Platform P>
Misuse Heap<P>::ExplainTagged(const UnitRecord& record, u64 address, Tag tag) {
  const u64 offset = record.OffsetOf(address), index = offset / record.slot_bytes;
  return ExplainTag(address, tag, [&](int places) -> std::optional<SlotState> {
    const u64 slot = index + static_cast<u64>(i64{places});
    if (slot >= record.slots) return std::nullopt;
    const AtomicWord* at = reinterpret_cast<AtomicWord*>(record.link) + slot;
    const SlotWord word = WordOf(record, at);
    return SlotState{address - offset + slot * record.slot_bytes, record.slot_bytes - word.slack(), word, TagIn(at)};
  });
}

}  // namespace caponier::heap
