// The rest of Heap's functions, which run once in a while: included by heap.h alone.
#pragma once

#include "lib/heap/heap.h"

namespace caponier::heap {

template <Platform P>
Result<> Heap<P>::Start(const Settings& settings, bool tags_work) {
  ground_.settings = settings;
  ground_.tagged = Tags::kPossible && tags_work && settings.tagging != Tagging::kOff;
  ground_.tags_large =
      ground_.tagged && (settings.scope == TagScope::kAll || (settings.scope == TagScope::kAuto && P::TagsWhenTouched()));
  zero_ = settings.zero;
  check_ = settings.zero && (settings.check == Check::kAuto ? !ground_.tagged : settings.check == Check::kOn);
  wide_ = !ground_.tagged && P::HasWideVectors();
  tail_ = settings.canary && !ground_.tagged ? kCanaryBytes : 0;
  usual_ = settings.zero && check_ == !ground_.tagged && settings.canary && settings.sample == 0 && settings.record == 0;
  TRY(ground_.arena.Open(settings.arena_bytes, settings.reuse));
  TRY(ground_.metadata.Open(ground_.arena.bytes() / 16));
  u64 secrets[2];
  P::Fill(WritableBytesOf(secrets));
  canary_.Draw(secrets[0], secrets[1]);
  return {};
}

template <Platform P>
u8 Heap<P>::NextByte(Cache& cache) {
  if (!cache.HasBytes()) {
    P::Fill(std::as_writable_bytes(std::span(cache.random)));
    cache.random_next = cache.random;
  }
  return cache.TakeByte();
}

template <Platform P>
u32 Heap<P>::NextRandom(Cache& cache) {
  u32 value = 0;
  for (int i = 0; i < 3; i++) value = value << 8 | NextByte(cache);
  return value;
}

// So many on average, and never the same again.
template <Platform P>
u64 Heap<P>::NextSample(Cache& cache) {
  const u64 random = u64{NextRandom(cache)} << 24 | NextRandom(cache);
  return 1 + random % (2 * ground_.settings.sample - 1);
}

template <Platform P>
Cache* Heap<P>::OpenCache() {
  Cache* cache = nullptr;
  {
    const Locked locked(caches_lock_);
    if (spare_caches_ != nullptr) {
      cache = spare_caches_;
      spare_caches_ = cache->next;
      return cache;
    }
  }
  Result<void*> memory = ground_.metadata.Take(sizeof(Cache));
  if (!memory.ok()) return nullptr;
  cache = static_cast<Cache*>(memory.value());
  cache->canary = canary_;
  cache->ForgetBytes();
  {
    const Locked locked(caches_lock_);
    cache->side = next_side_++ % kSides;
    cache->side_bit = static_cast<u16>(1u << cache->side);
  }
  cache->usual_end = usual_ ? kUsualEnd : 0;
  cache->fast_end = usual_ && (kFast == kTags ? ground_.tagged : wide_) ? kFastEnd : 0;
  cache->longer_end = cache->fast_end != 0 ? kUsualEnd : 0;
  if (ground_.settings.sample != 0) cache->until_sample = NextSample(*cache);
  return cache;
}

template <Platform P>
void Heap<P>::CloseCache(Cache* cache) {
  for (Bin& bin : cache->bins) {
    if (bin.count() == 0) continue;
    shelves_[cache->ClassOf(bin)].Give(ground_, bin.head, bin.count());
    bin.head = bin.ready = bin.tail = bin.stop = bin.row;
    bin.next_batch = 1;
  }
  const Locked locked(caches_lock_);
  cache->next = spare_caches_;
  spare_caches_ = cache;
}

template <Platform P>
void Heap<P>::LockAll() {
  caches_lock_.Lock();
  for (Shelf<P>& shelf : shelves_) shelf.lock().Lock();
  ground_.warm.lock().Lock();
  ground_.stock.lock().Lock();
  ground_.arena.lock().Lock();
  ground_.metadata.lock().Lock();
}
template <Platform P>
void Heap<P>::UnlockAll() {
  ground_.metadata.lock().Unlock();
  ground_.arena.lock().Unlock();
  ground_.stock.lock().Unlock();
  ground_.warm.lock().Unlock();
  for (Shelf<P>& shelf : shelves_) shelf.lock().Unlock();
  caches_lock_.Unlock();
}

template <Platform P>
bool Heap<P>::MakeRow(Cache& cache, Bin& bin) {
  const u32 slot_bytes = SlotBytes(cache.ClassOf(bin));
  BinPlan plan = PlanBin(slot_bytes, ground_.settings.quarantine);
  if (cache.IsOfOthers(bin)) plan.batch = (plan.batch + 3) / 4;
  const Result<void*> taken = ground_.metadata.Take(plan.entries() * sizeof(Entry));
  if (!taken.ok()) return false;
  auto* row = static_cast<Entry*>(taken.value());
  const MiddleSteps steps = wide_ && AreSteps<Wide>(slot_bytes) ? StepsOf<Wide>(slot_bytes)
                            : AreSteps<Narrow>(slot_bytes)      ? StepsOf<Narrow>(slot_bytes)
                                                                : MiddleSteps{};
  bin = {.head = row,
         .ready = row,
         .tail = row,
         .stop = row + plan.most(),
         .row = row,
         .row_end = row + plan.entries(),
         .slot_bytes = slot_bytes,
         .second = steps.second,
         .third = steps.third,
         .next_batch = static_cast<u8>(plan.batch < 4 ? plan.batch : 4),
         .batch = static_cast<u8>(plan.batch),
         .resting = static_cast<u8>(plan.resting)};
  return true;
}

// Of at most 32 entries by one byte each: some orders are likelier than others by a part in eight.
template <Platform P>
void Heap<P>::Shuffle(Cache& cache, Entry* entries, u32 count) {
  for (u32 left = count; left > 1; left--) {
    const u32 chosen = (NextByte(cache) * left) >> 8;
    const Entry entry = entries[chosen];
    entries[chosen] = entries[left - 1];
    entries[left - 1] = entry;
  }
}

// Makes entries at the front ready: those that have rested, or else some from the shelf, before the resting ones.
template <Platform P>
bool Heap<P>::Prepare(Cache& cache, Bin& bin) {
  if (bin.TakeRested()) return true;
  // Drawing may allocate, where the platform's first draw does: before anything is half done.
  const u32 random = NextRandom(cache);
  const u32 size_class = cache.ClassOf(bin);
  if (bin.row == nullptr && !MakeRow(cache, bin)) return false;
  Entry taken[kMaxBatch];
  const u32 count = shelves_[size_class].Take(ground_, size_class, cache.side, taken, bin.next_batch, random);
  bin.next_batch = 2 * bin.next_batch < bin.batch ? static_cast<u8>(2 * bin.next_batch) : bin.batch;
  if (ground_.settings.shuffle) Shuffle(cache, taken, count);
  if (bin.room_before() < count) bin.MoveTo(bin.row + count);
  for (u32 i = count; i-- != 0;) {
    *--bin.head = taken[i];
    // All at once, since one by one they would be waited for.
    __builtin_prefetch(taken[i].word, 1);
    for (u32 at = 0; at < bin.slot_bytes && at < kPrefetchBytes; at += kLine)
      __builtin_prefetch(reinterpret_cast<void*>(taken[i].address + at), 1);
  }
  bin.ready = count != 0 ? bin.head + count : bin.tail;  // before memory runs out, the rest ends
  bin.SetStop();
  return bin.ready != bin.head;
}

// By moving the line to the row's start, where it has come to the end; of a long line, what has rested longest goes back to the shelf. False
// when there is no row, and no memory for one.
template <Platform P>
bool Heap<P>::MakeRoom(Cache& cache, Bin& bin) {
  const u32 size_class = cache.ClassOf(bin);
  if (bin.row == nullptr) return MakeRow(cache, bin);
  if (bin.count() >= bin.most()) {
    const u32 given = cache.IsOfOthers(bin) ? bin.count() - bin.resting : bin.batch;
    shelves_[size_class].Give(ground_, bin.head, given);
    bin.head += given;
    if (bin.ready < bin.head) bin.ready = bin.head;
  }
  if (bin.tail == bin.row_end) bin.MoveTo(bin.row);
  bin.SetStop();
  return true;
}

// Of a slot that is not small only what the block gets and a little behind it: the rest is looked at when the block grows into it, or another
// one gets it.
template <Platform P>
void Heap<P>::CheckFree(u64 address, SlotWord before, u64 slot_bytes, u64 bytes) {
  if (before.live()) AccuseSlot(Crime::kReuseOfLive, slot_bytes, before, address);
  if (!check_ || !before.memory_used()) return;
  const u64 used = AlignUp(bytes + kLookBehind, kGranule);
  if (!IsZeroFor(address, slot_bytes <= kLookAtAll || used > slot_bytes ? slot_bytes : used))
    AccuseWritten(address, before, slot_bytes);
}

// What the last block had is cleared when it is freed, and what its slot has besides is not: there a write may be older.
template <Platform P>
void Heap<P>::AccuseWritten(u64 address, SlotWord before, u64 slot_bytes) {
  u64 first = 0;
  while (*reinterpret_cast<const volatile u8*>(address + first) == 0) first++;
  const u64 bytes = slot_bytes - before.slack();
  AccuseSlot(first < bytes + SlotCanaryBytes(bytes) ? Crime::kWriteToFree : Crime::kWriteBehindFound, slot_bytes, before,
             address);
}

template <Platform P>
bool Heap<P>::IsZeroFor(u64 address, u64 bytes) const {
  const auto* memory = reinterpret_cast<const void*>(address);
  return bytes <= kInlineBytes ? IsZeroShort(memory, bytes) : wide_ ? IsZeroWide(memory, bytes) : IsZeroLong(memory, bytes);
}

template <Platform P>
void Heap<P>::ClearOtherAndRest(Cache& cache, Bin& bin, AtomicWord* word, void* block, u64 bytes) {
  __builtin_memset(block, 0, bytes);
  EndAndRest(cache, bin, word, block);
}

template <Platform P>
void Heap<P>::RestSlowly(Cache& cache, Bin& bin, u64 address, AtomicWord* word) {
  if (bin.tail == bin.row_end || bin.count() >= bin.most()) return RestWithoutRoom(cache, bin, address, word);
  *bin.tail++ = {address, word};
  bin.NoteRested();
  bin.SetStop();
}

template <Platform P>
void Heap<P>::RestWithoutRoom(Cache& cache, Bin& bin, u64 address, AtomicWord* word) {
  const Entry entry{address, word};
  if (!MakeRoom(cache, bin)) return shelves_[cache.ClassOf(bin)].Give(ground_, &entry, 1);
  *bin.tail++ = entry;
  bin.NoteRested();
}

template <Platform P>
template <typename Size>
void Heap<P>::FreeSlotOther(Cache& cache, const UnitRecord& slab, AtomicWord* word, void* block, Size said) {
  FreeSlot<kOther>(cache, slab, word, block, said);
}

template <Platform P>
void* Heap<P>::AllocateSlotSlowly(Cache& cache, Bin& bin, u64 bytes) {
  if (!Prepare(cache, bin)) return P::NoMemory();
  return AllocateSlotOther(cache, bin, bytes);
}

template <Platform P>
void* Heap<P>::AllocateSlotOther(Cache& cache, Bin& bin, u64 bytes) {
  for (;;) {
    if (bin.head == bin.ready && !Prepare(cache, bin)) return P::NoMemory();
    const Entry entry = *bin.head++;
    if (cache.fast_end != 0 && kFast == kWide) return IssueWide(entry.address, entry.word, bin.slot_bytes, bytes);
    if (!Tags::kPossible || !ground_.tagged) return Issue(entry.address, entry.word, bin.slot_bytes, bytes);
    if (void* block = IssueTagged(cache, entry, bin.slot_bytes, bytes); block != nullptr) return block;
    shelves_[cache.ClassOf(bin)].Hold(ground_, entry);  // exhausted
  }
}

template <Platform P>
void* Heap<P>::AllocateOther(Cache& cache, u64 bytes) {
  if (cache.until_sample != 0 && --cache.until_sample == 0) {
    cache.until_sample = NextSample(cache);
    return AllocateLarge(cache, bytes, kGranule);
  }
  // The comparison comes before any sum that could wrap around.
  if (bytes > kMaxSlotBytes - kCanaryBytes) return AllocateLarge(cache, bytes, kGranule);
  if (cache.usual_end != 0 && !ground_.tagged)
    return AllocateSlot<kUsual>(cache, cache.bins[ComputeClass(bytes + kCanaryBytes)], bytes);
  return AllocateSlotOther(cache, cache.bins[ClassFor(bytes + tail_)], bytes);
}

template <Platform P>
void* Heap<P>::AllocateLarge(Cache& cache, u64 bytes, u64 alignment) {
  const Result<void*> block = Large<P>::Allocate(ground_, canary_, bytes, alignment, NextByte(cache));
  return block.ok() ? block.value() : P::NoMemory();
}

template <Platform P>
void* Heap<P>::AllocateZeroed(Cache& cache, u64 count, u64 bytes) {
  u64 all;
  if (!CheckedMul(count, bytes, &all)) return nullptr;
  void* block = Allocate(cache, all);
  // Freed blocks were zeroed, and fresh pages are.
  if (block != nullptr && !zero_) __builtin_memset(Tags::Reach(block), 0, all);
  return block;
}

template <Platform P>
void* Heap<P>::AllocateAligned(Cache& cache, u64 bytes, u64 alignment) {
  if (alignment <= kGranule) return Allocate(cache, bytes);
  if (bytes <= kMaxSlotBytes - kCanaryBytes && alignment <= kUnitBytes) {
    // Slabs begin at a multiple of a unit, so a class whose size is a multiple serves; powers of two always do.
    const u64 least = bytes + tail_ > alignment ? bytes + tail_ : alignment;
    for (u32 size_class = ClassFor(least); size_class < kClassCount; size_class++) {
      const u64 slot_bytes = SlotBytes(size_class);
      if (slot_bytes - bytes > MostSlack(slot_bytes)) break;
      if (slot_bytes % alignment == 0) return AllocateSlotOther(cache, cache.bins[size_class], bytes);
    }
  }
  return AllocateLarge(cache, bytes, alignment);
}

template <Platform P>
template <typename Size>
void Heap<P>::FreeAligned(Cache& cache, void* block, u64 alignment, Size said) {
  if (block == nullptr) return;
  if (!std::has_single_bit(alignment) || (Tags::Address(block) & (alignment - 1)) != 0)
    Stop({.crime = Crime::kWrongAlignment, .block_bytes = LookAt(block).bytes, .given_bytes = alignment});
  FreeSaying(cache, block, said);
}

template <Platform P>
template <typename Size>
void Heap<P>::FreeLarge(Cache& cache, UnitRecord& record, void* block, Size said) {
  if (record.kind != UnitKind::kLarge || record.base != Tags::Address(block) || record.tag != Tags::TagOf(block)) Accuse(block);
  if (!said.Allows(record.link)) AccuseSize(record.link, said.bytes);
  if (!Large<P>::FrontHolds(record)) Stop({.crime = Crime::kUnderflowFound, .block_bytes = record.link});
  if (!Large<P>::BackHolds(ground_, canary_, record)) Stop({.crime = Crime::kOverflowFound, .block_bytes = record.link});
  if (!Large<P>::Free(ground_, record, NextByte(cache))) Accuse(block);
}

template <Platform P>
void* Heap<P>::Reallocate(Cache& cache, void* pointer, u64 bytes) {
  if (pointer == nullptr) return Allocate(cache, bytes);
  const Block block = LookAt(pointer, Wish::kResize);
  if (block.word != nullptr) {
    // In place if it fits, and if it does not shrink to less than half of the slot.
    const u64 slot_bytes = block.record->slot_bytes, slack = slot_bytes - bytes;
    if (bytes + tail_ <= slot_bytes && bytes <= slot_bytes && slack <= MostSlack(slot_bytes) &&
        (bytes >= block.bytes || 2 * slack <= slot_bytes || SlotBytes(ClassFor(bytes + tail_)) == slot_bytes))
      return ReallocateSlot(block, pointer, bytes);
  } else if (bytes > kMaxSlotBytes - kCanaryBytes) {
    if (!Large<P>::BackHolds(ground_, canary_, *block.record)) Stop({.crime = Crime::kOverflowFound, .block_bytes = block.bytes});
    const Result<void*> resized = Large<P>::Resize(ground_, canary_, block.record, bytes, NextByte(cache));
    if (resized.ok()) return resized.value();
    if (resized.error() != Error::kNotSupported) return nullptr;
  }
  void* other = AllocateToGrow(cache, block.bytes, bytes);
  if (other == nullptr) return nullptr;
  __builtin_memcpy(Tags::Reach(other), Tags::Reach(pointer), bytes < block.bytes ? bytes : block.bytes);
  Free(cache, pointer);
  return other;
}

// A block that has grown by little grows again: from 256 bytes on it gets a slot with as much room again, and from 4 KiB on, where pages that are
// not touched cost nothing, with three times as much, so that a number of steps that grows with the logarithm of its size copies it. Who asks
// for half as much again at once does that himself.
template <Platform P>
void* Heap<P>::AllocateToGrow(Cache& cache, u64 before, u64 bytes) {
  if (bytes <= before || bytes - before >= before / 2 || before < 256 || bytes > kMaxSlotBytes - tail_)
    return Allocate(cache, bytes);
  const u64 roomy = (bytes < kPageSize ? 2 : 4) * bytes + tail_;
  u32 size_class = ClassFor(roomy < kMaxSlotBytes ? roomy : kMaxSlotBytes);
  while (SlotBytes(size_class) - bytes > SlotWord::kMaxSlack) size_class--;
  void* block = AllocateSlotOther(cache, cache.bins[size_class], bytes);
  return block != nullptr ? block : Allocate(cache, bytes);
}

// In its slot. The tag stays: whoever has the pointer has the block.
template <Platform P>
void* Heap<P>::ReallocateSlot(const Block& block, void* pointer, u64 bytes) {
  const SlotWord word = WordOf(*block.record, block.word);
  const u64 before = block.bytes, address = Tags::Address(pointer), canary = canary_.For(address);
  const u64 slot_bytes = block.record->slot_bytes, old_end = AlignUp(before, kGranule), new_end = AlignUp(bytes, kGranule);
  auto* start = static_cast<std::byte*>(Tags::Reach(pointer));
  const bool holds = SlotCanaryBytes(before) == 0 ||
                     (ground_.tagged ? TailHolds(start + before, canary) : CanaryHolds(start + before, canary, kCanaryBytes));
  if (!holds) AccuseSlot(Crime::kOverflowFound, slot_bytes, word);
  if (tail_ != 0 && !EndHolds<kOther>(start + slot_bytes, canary, word.slack()))
    AccuseSlot(Crime::kSlackWritten, slot_bytes, word);
  const u64 from = bytes < before ? bytes : before;
  const u64 stale = (ground_.tagged ? AlignUp(from, kGranule) : before + SlotCanaryBytes(before)) - from;
  if (stale == kCanaryBytes) __builtin_memset(start + from, 0, kCanaryBytes);
  else __builtin_memset(start + from, 0, stale);
  if (check_ && bytes > before && slot_bytes > kLookAtAll) {
    const u64 used = AlignUp(bytes + kLookBehind, kGranule), end = used < slot_bytes ? used : slot_bytes;
    if (end > old_end && !IsZeroFor(address + old_end, end - old_end)) AccuseSlot(Crime::kWriteBehindFound, slot_bytes, word);
  }
  if (ground_.tagged) {
    if (new_end > old_end) Tags::SetAndZero(address + old_end, new_end - old_end, Tags::TagOf(pointer));
    else if (new_end < old_end) Tags::SetAndZero(address + new_end, old_end - new_end, kFreeTag);
  }
  if (!ground_.tagged) WriteCanary(start + bytes, canary, SlotCanaryBytes(bytes));
  else if (SlotCanaryBytes(bytes) != 0) WriteTail(start + bytes, canary, OwnBytes::kKept);
  SetSlack(*block.record, block.word, slot_bytes - bytes);
  return pointer;
}

}  // namespace caponier::heap
