// Heap's functions where tags are on: included by heap.h alone.
#pragma once

#include "lib/heap/heap.h"
#include "lib/heap/tag_claim.h"

namespace caponier::heap {

// The usual case, without a call: the slot is short, and gets a tag by the first byte drawn.
template <Platform P>
template <Heap<P>::Mode M>
void* Heap<P>::AllocateTagged(Cache& cache, u64 bytes) {
  Bin& bin = cache.BinFor(bytes);
  Entry* entry = bin.head;
  if (entry == bin.ready || cache.random_left == 0) [[unlikely]]
    return AllocateSlotOther(cache, bin, bytes);
  bin.head = entry + 1;
  const u64 address = entry->address, slot_bytes = bin.slot_bytes;
  AtomicWord* word = entry->word;
  const SlotWord before(word->load(std::memory_order_relaxed));
  auto* memory = reinterpret_cast<void*>(address);
  if (slot_bytes > kLookAtAll || before.live()) [[unlikely]]
    return AllocateTaggedOther(cache, bin, *entry, bytes);
  const bool zero =
      !before.memory_used() || (AreSteps<Narrow>(slot_bytes) ? AreStepsZero<Narrow>(memory, bin.second, bin.third, slot_bytes)
                                : slot_bytes <= kInlineBytes ? IsZeroShort(memory, slot_bytes)
                                                             : AreTurnsZero<Narrow>(memory, slot_bytes));
  AtomicTag* own = TagsAt(address, word);
  const Tag tag = zero ? TryClaimTag(own[-1], own[0], own[1], before.used(), NextByteThere(cache)) : kFreeTag;
  if (tag == kFreeTag) [[unlikely]]
    return AllocateTaggedOther(cache, bin, *entry, bytes);
  return MakeLiveTagged<M>({address, word}, before.used().With(tag), tag, slot_bytes, bytes);
}

template <Platform P>
void* Heap<P>::AllocateTaggedOther(Cache& cache, Bin& bin, Entry entry, u64 bytes) {
  if (void* block = IssueTagged(cache, entry, bin.slot_bytes, bytes); block != nullptr) return block;
  shelves_[&bin - cache.bins].Hold(ground_, entry);  // exhausted
  return AllocateSlotOther(cache, bin, bytes);
}

template <Platform P>
void* Heap<P>::IssueTagged(Cache& cache, const Entry& entry, u64 slot_bytes, u64 bytes) {
  CheckFree(entry.address, entry.word, slot_bytes, bytes);
  const SlotWord before(entry.word->load(std::memory_order_relaxed));
  AtomicTag* own = TagsAt(entry.address, entry.word);
  const Tag tag = ClaimTag(own[-1], own[0], own[1], before.used(), [&] { return NextByte(cache); });
  return tag == kFreeTag ? nullptr : MakeLiveTagged<kOther>(entry, before.used().With(tag), tag, slot_bytes, bytes);
}

template <Platform P>
AtomicTag* Heap<P>::TagsAt(u64 address, AtomicWord* word) {
  Slab& slab = *Slab::Of(ground_.arena.record(ground_.arena.UnitOf(address)));
  return slab.tags + slab.IndexOf(word) + 1;
}

template <Platform P>
template <Heap<P>::Mode M>
void* Heap<P>::MakeLiveTagged(Entry slot, TagSet used, Tag tag, u64 slot_bytes, u64 bytes) {
  // Only what was asked for: the slack keeps the free tag. A block of 0 bytes has no memory that its pointer could reach.
  Tags::Set(slot.address, AlignUp(bytes, kGranule), tag);
  slot.word->store(SlotWord::Live(used, slot_bytes - bytes).raw(), std::memory_order_relaxed);
  void* block = Tags::Pointer(slot.address, tag);
  if (const u64 rest = bytes % kGranule; rest != 0 && (M == kTags || ground_.settings.canary))
    WriteTail(static_cast<std::byte*>(Tags::Reach(block)) + (bytes - rest), canary_.For(slot.address), rest);
  return block;
}

template <Platform P>
template <Heap<P>::Mode M>
void Heap<P>::FreeTagged(Cache& cache, const UnitRecord& record, AtomicWord* word, void* block, u64 said) {
  const SlotWord before(word->load(std::memory_order_relaxed));
  const u64 address = Tags::Address(block), bytes = record.slot_bytes - before.slack(), rest = bytes % kGranule;
  Slab& slab = *Slab::Of(record);
  AtomicTag& tag = slab.tags[slab.IndexOf(word) + 1];
  // A tag once had is not had again, so this is also whether the pointer is the block's that lives here now.
  if (!before.live() || Tags::TagOf(block).value != tag.load(std::memory_order_relaxed)) [[unlikely]]
    return Blame(block);
  if (said != kUnsaid && said != bytes) [[unlikely]]
    AccuseSize(bytes, said);
  if (rest != 0 && (M == kTags || ground_.settings.canary) &&
      !TailHolds(static_cast<std::byte*>(Tags::Reach(block)) + (bytes - rest), canary_.For(address), rest)) [[unlikely]] {
    Blame(Crime::kOverflowFound, record.slot_bytes, before);
    return;
  }
  if (M == kTags || zero_) Tags::SetAndZero(address, AlignUp(bytes, kGranule), kFreeTag);
  else Tags::Set(address, AlignUp(bytes, kGranule), kFreeTag);
  word->store(before.Freed().raw(), std::memory_order_relaxed);
  tag.store(kFreeTag.value, std::memory_order_release);
  Rest(cache, cache.BinOf(record), {address, word});
}

}  // namespace caponier::heap
