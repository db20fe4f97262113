// Heap's functions where tags are on: included by heap.h alone.
#pragma once

#include "lib/heap/heap.h"
#include "lib/heap/tag_claim.h"

namespace caponier::heap {

template <Platform P>
void* Heap<P>::IssueTagged(Cache& cache, const Entry& entry, u64 slot_bytes, u64 bytes) {
  CheckFree(entry.address, entry.word, slot_bytes, bytes);
  const SlotWord before(entry.word->load(std::memory_order_relaxed));
  Slab& slab = *Slab::Of(*ground_.arena.Find(entry.address));
  AtomicTag* own = slab.tags + slab.IndexOf(entry.word) + 1;
  const Tag tag = ClaimTag(own[-1], own[0], own[1], before.used(), [&] { return NextByte(cache); });
  if (tag == kFreeTag) return nullptr;
  // Only what was asked for: the slack keeps the free tag. A block of 0 bytes has no memory that its pointer could reach.
  Tags::Set(entry.address, AlignUp(bytes, kGranule), tag);
  entry.word->store(SlotWord::Live(before.used().With(tag), slot_bytes - bytes).raw(), std::memory_order_relaxed);
  void* block = Tags::Pointer(entry.address, tag);
  WriteCanary(static_cast<std::byte*>(Tags::Reach(block)) + bytes, canary_.For(entry.address), SlotCanaryBytes(bytes));
  return block;
}

template <Platform P>
void Heap<P>::FreeTagged(Cache& cache, const UnitRecord& record, AtomicWord* word, void* block, u64 said) {
  const SlotWord before(word->load(std::memory_order_relaxed));
  const u64 address = Tags::Address(block), bytes = record.slot_bytes - before.slack();
  Slab& slab = *Slab::Of(record);
  AtomicTag& tag = slab.tags[slab.IndexOf(word) + 1];
  // A tag once had is not had again, so this is also whether the pointer is the block's that lives here now.
  if (!before.live() || Tags::TagOf(block).value != tag.load(std::memory_order_relaxed)) Accuse(block);
  if (said != kUnsaid && said != bytes) AccuseSize(bytes, said);
  if (!CanaryHolds(static_cast<std::byte*>(Tags::Reach(block)) + bytes, canary_.For(address), SlotCanaryBytes(bytes)))
    AccuseSlot(Crime::kOverflowFound, record.slot_bytes, before);
  if (zero_) Tags::SetAndZero(address, AlignUp(bytes, kGranule), kFreeTag);
  else Tags::Set(address, AlignUp(bytes, kGranule), kFreeTag);
  word->store(before.Freed().raw(), std::memory_order_relaxed);
  tag.store(kFreeTag.value, std::memory_order_release);
  Rest(cache, cache.bins[record.size_class], {address, word});
}

}  // namespace caponier::heap
