// Heap's functions where tags are on: included by heap.h alone.
#pragma once

#include "lib/heap/heap.h"
#include "lib/heap/tag_claim.h"

namespace caponier::heap {

// The usual case, without a call: the slot gets a tag by the first byte drawn. Its word has been claimed before its memory gets the tag.
template <Platform P>
template <Heap<P>::Mode M>
void* Heap<P>::AllocateTagged(Cache& cache, u64 bytes) {
  Bin& bin = cache.BinFor(bytes);
  Entry* entry = bin.head;
  if (entry == bin.ready) [[unlikely]]
    return M == kTags ? AllocateLater(cache, bin, bytes) : AllocateSlotOther(cache, bin, bytes);
  bin.head = entry + 1;
  const u64 address = entry->address, slot_bytes = bin.slot_bytes;
  AtomicWord* word = entry->word;
  const TaggedWord before(word->load(std::memory_order_relaxed));
  if (before.live() || (M != kTags && check_)) [[unlikely]]
    return AllocateTaggedOther(cache, bin, bytes);
  const u32 taken = TakenTags(before, TaggedWord(word[-1].load(std::memory_order_relaxed)),
                              TaggedWord(word[1].load(std::memory_order_relaxed)));
  for (;;) {
    const Selection selection = SelectTag(taken, *cache.random_next);
    if (selection.what == Selected::kNothing) [[unlikely]]
      return M == kTags ? AllocateTaggedElsewhere(cache, bin, bytes) : AllocateTaggedOther(cache, bin, bytes);
    cache.TakeByte();
    if (selection.what == Selected::kAgain) [[unlikely]]
      continue;
    const Tag tag = selection.tag;
    if (!TryClaim(word[-1], word[0], word[1], before, tag, slot_bytes - bytes)) [[unlikely]]
      return AllocateTaggedOther(cache, bin, bytes);
    return MakeLiveTagged<M>(cache.canary, address, tag, bytes);
  }
}

// The entry that was taken last has been looked at, and has no tag left or needs fresh bytes.
template <Platform P>
void* Heap<P>::AllocateTaggedElsewhere(Cache& cache, Bin& bin, u64 bytes) {
  const Entry entry = bin.head[-1];
  const TaggedWord before(entry.word->load(std::memory_order_relaxed));
  if (!AllowedTags(before.used(), TagIn(entry.word - 1), TagIn(entry.word + 1)).empty())
    return AllocateTaggedOther(cache, bin, bytes);
  shelves_[cache.ClassOf(bin)].Hold(ground_, entry);  // exhausted
  return CallAllocateFast(cache, bytes);
}

// Of the entry that was taken last.
template <Platform P>
void* Heap<P>::AllocateTaggedOther(Cache& cache, Bin& bin, u64 bytes) {
  const Entry entry = bin.head[-1];
  if (void* block = IssueTagged(cache, entry, bin.slot_bytes, bytes); block != nullptr) return block;
  shelves_[cache.ClassOf(bin)].Hold(ground_, entry);  // exhausted
  return AllocateSlotOther(cache, bin, bytes);
}

template <Platform P>
void* Heap<P>::IssueTagged(Cache& cache, const Entry& entry, u64 slot_bytes, u64 bytes) {
  const UnitRecord& record = ground_.arena.record(ground_.arena.UnitOf(entry.address));
  AtomicWord* word = entry.word;
  CheckFree(entry.address, WordOf(record, word), slot_bytes, bytes);
  const TaggedWord before(word->load(std::memory_order_relaxed));
  const Tag tag = ClaimTag(word[-1], word[0], word[1], before, slot_bytes - bytes, [&] { return NextByte(cache); });
  if (tag == kFreeTag) return nullptr;
  SetSlack(record, word, slot_bytes - bytes);
  return MakeLiveTagged<kOther>(canary_, entry.address, tag, bytes);
}

template <Platform P>
template <Heap<P>::Mode M>
void* Heap<P>::MakeLiveTagged(const Canary& canary, u64 address, Tag tag, u64 bytes) {
  // Only what was asked for: the slack keeps the free tag. A block of 0 bytes has no memory that its pointer could reach. What an address
  // without a tag wrote here, which no tag kept out, goes.
  const u64 whole = AlignUp(bytes, kGranule);
  if (M == kTags || zero_) Tags::SetAndZero(address, whole, tag);
  else Tags::Set(address, whole, tag);
  void* block = Tags::Pointer(address, tag);
  if (bytes % kGranule != 0 && (M == kTags || ground_.settings.canary))
    WriteTail(static_cast<std::byte*>(Tags::Reach(block)) + bytes, canary.For(address), OwnBytes::kZero);
  return block;
}

template <Platform P>
void Heap<P>::SetSlack(const UnitRecord& slab, AtomicWord* word, u64 slack) {
  const u32 raw = word->load(std::memory_order_relaxed);
  word->store(ground_.tagged ? TaggedWord(raw).WithSlack(slack).raw() : SlotWord(raw).WithSlack(slack).raw(),
              std::memory_order_relaxed);
  if (!ground_.tagged) return;
  Slab& whole = *Slab::Of(slab);
  if (whole.long_slack != nullptr)
    whole.long_slack[whole.IndexOf(word)].store(static_cast<u8>(slack >> TaggedWord::kSlackBits), std::memory_order_relaxed);
}

template <Platform P>
template <Heap<P>::Mode M, typename Size>
void Heap<P>::FreeTagged(Cache& cache, const UnitRecord& slab, AtomicWord* word, void* block, Size said) {
  const TaggedWord before(word->load(std::memory_order_relaxed));
  // A tag once had is not had again, so this is also whether the pointer is the block's that lives here now.
  if (!before.live() || Tags::TagOf(block) != before.tag()) [[unlikely]]
    return Blame(block);
  const u64 bytes = slab.slot_bytes - before.slack();
  // No less than the block has, where its slack is in the word only in part. The two calls are the same, but each knows more.
  if (bytes > kTurn - kGranule) [[unlikely]] {
    if (bytes > kShortBytes) [[unlikely]]
      return FreeTaggedLong(cache, slab, word, block, said);
    return EndTagged<M>(cache, slab, word, before, block, said, bytes);
  }
  EndTagged<M>(cache, slab, word, before, block, said, bytes);
}
template <Platform P>
template <typename Size>
void Heap<P>::FreeTaggedLong(Cache& cache, const UnitRecord& slab, AtomicWord* word, void* block, Size said) {
  const TaggedWord before(word->load(std::memory_order_relaxed));
  if (Tags::TagOf(block) != before.tag()) [[unlikely]]  // another thread has freed it by now
    return Blame(block);
  EndTagged<kOther>(cache, slab, word, before, block, said, slab.slot_bytes - WordOf(slab, word).slack());
}

template <Platform P>
template <Heap<P>::Mode M, typename Size>
void Heap<P>::EndTagged(Cache& cache, const UnitRecord& slab, AtomicWord* word, TaggedWord before, void* block, Size said,
                        u64 bytes) {
  const u64 address = Tags::Address(block);
  if (!said.Allows(bytes)) [[unlikely]]
    return BlameSize(bytes, said.bytes);
  if (bytes % kGranule != 0 && (M == kTags || ground_.settings.canary) &&
      !TailHolds(static_cast<std::byte*>(Tags::Reach(block)) + bytes, canary_.For(address))) [[unlikely]]
    return BlameTagged(slab, word);
  const u64 whole = AlignUp(bytes, kGranule);
  if (M == kTags || zero_) Tags::SetAndZero(address, whole, kFreeTag);
  else Tags::Set(address, whole, kFreeTag);
  if (!TryGiveBack(*word, before)) [[unlikely]]
    return Blame(block);
  Bin& bin = cache.BinOf(slab);
  Entry* last = bin.tail;
  if (last == bin.stop) [[unlikely]]
    return RestSlowly(cache, bin, address, word);
  *last = {address, word};
  bin.tail = last + 1;
}

}  // namespace caponier::heap
