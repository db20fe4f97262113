// The heap: blocks for one program or kernel, in which overflow, use after free and wrong frees are found.
//
// A request goes to the slots of its size class, through the calling thread's cache; or, beyond the largest slot, to a run of pages. A
// freed pointer is looked up in the arena's table by arithmetic, and believed only if it is exactly the start of a live block, with the tag of
// the moment. What is known of a slot is one word, apart from all blocks.
//
// Where the processor has tags, policy is tag_policy.h's: each block has a tag of its own, free memory and slack have tag 0. Where it has
// none, 8 bytes behind each block are a canary, and freed slots are zeroed, rest, and must still be zero when they are used again.
//
// All functions are for any thread at once, each with its own Cache. None is for signal handlers.
#pragma once

#include "lib/heap/cache.h"
#include "lib/heap/large.h"

namespace caponier::heap {

template <Platform P>
class Heap {
 public:
  using Tags = P::Tags;

  // `tags_work` says whether the processor checks tags for this program.
  Result<> Start(const Settings& settings, bool tags_work);

  // Null when memory or address space is short, or for a size that no memory could have.
  [[gnu::always_inline]] void* Allocate(Cache& cache, u64 bytes) {
    if (bytes < cache.fast_end) return CallAllocateFast(cache, bytes);
    if constexpr (kHasLonger) {
      if (bytes < cache.longer_end) return CallAllocateLonger(cache, bytes);
    }
    return bytes < cache.usual_end ? AllocateUsual(cache, bytes) : AllocateOther(cache, bytes);
  }
  [[gnu::always_inline]] void* AllocateUsual(Cache& cache, u64 bytes) {
    if constexpr (Tags::kPossible && kFast != kTags) {
      if (ground_.tagged) return AllocateTagged<kOther>(cache, bytes);
    }
    return AllocateSlot<kUsual>(cache, cache.BinFor(bytes + kCanaryBytes), bytes);
  }
  // The same below cache.fast_end, for callers that are compiled for CAPONIER_FAST.
  [[gnu::always_inline]] void* AllocateFast(Cache& cache, u64 bytes) {
    if constexpr (kFast == kTags) return AllocateTagged<kTags>(cache, bytes);
    else return AllocateSlot<kFast>(cache, cache.BinFor<kLeastFastClass>(bytes + kCanaryBytes), bytes);
  }
  // The same; where memory is short, or may be, `otherwise` is called at last.
  template <typename Otherwise>
  [[gnu::always_inline]] void* AllocateFastOr(Cache& cache, u64 bytes, Otherwise otherwise) {
    if constexpr (kFast == kTags) {
      void* block = AllocateTagged<kTags>(cache, bytes);
      return block != nullptr ? block : otherwise();
    } else {
      Bin& bin = cache.BinFor<kLeastFastClass>(bytes + kCanaryBytes);
      return bin.head != bin.ready ? AllocateSlot<kFast>(cache, bin, bytes) : otherwise();
    }
  }
  // As AllocateFast from there on, below cache.longer_end.
  static constexpr bool kHasLonger = kWidePossible;
  [[gnu::always_inline]] void* AllocateLonger(Cache& cache, u64 bytes) {
    Bin& bin = cache.BinFor(bytes + kCanaryBytes);
    if (bin.head == bin.ready) [[unlikely]]
      return AllocateSlotSlowly(cache, bin, bytes);
    const Entry entry = *bin.head++;
    const u64 slot_bytes = bin.slot_bytes;
    const SlotWord before(entry.word->load(std::memory_order_relaxed));
    if (before.live() || (before.memory_used() && !AreTurnsZero<Wide>(reinterpret_cast<void*>(entry.address), slot_bytes)))
        [[unlikely]]
      return IssueOther(entry.address, entry.word, slot_bytes, bytes);
    return MakeLive<kWide>(entry.address, entry.word, slot_bytes, bytes);
  }
  [[gnu::noinline]] void* AllocateOther(Cache& cache, u64 bytes);
  void* AllocateZeroed(Cache& cache, u64 count, u64 bytes);
  void* AllocateAligned(Cache& cache, u64 bytes, u64 alignment);  // a power of two
  // To another size; null, and the block as it was, when that cannot be had. A size of 0 gives the smallest block.
  void* Reallocate(Cache& cache, void* block, u64 bytes);

  // What a program says of the size of a block that it frees, as sized delete does: nothing, or any number.
  struct Unsaid {
    static constexpr u64 bytes = 0;
    static constexpr bool Allows(u64) { return true; }
  };
  struct Said {
    u64 bytes;
    bool Allows(u64 size) const { return size == bytes; }
  };
  [[gnu::always_inline]] void Free(Cache& cache, void* block) { FreeSaying(cache, block, Unsaid()); }
  [[gnu::always_inline]] void FreeSized(Cache& cache, void* block, u64 said) { FreeSaying(cache, block, Said{said}); }
  [[gnu::always_inline]] void FreeUsual(Cache& cache, void* block) { FreeAs<kUsual>(cache, block, Unsaid()); }
  template <typename Size>
  [[gnu::always_inline]] void FreeFast(Cache& cache, void* block, Size said) {
    FreeAs<kFast>(cache, block, said);
  }
  // The program says how the block is aligned, too.
  template <typename Size>
  void FreeAligned(Cache& cache, void* block, u64 alignment, Size said);

  // What was asked for; every byte of it is the program's, and none beyond. Stops the program when it is no live block.
  u64 SizeOf(const void* block) { return LookAt(block, Wish::kSize).bytes; }

  // A cache for a thread, empty; null when memory is short. Closed, its slots are everybody's again.
  Cache* OpenCache();
  void CloseCache(Cache* cache);

  // Before a fork and after it, on both sides: nobody is inside then.
  void LockAll();
  void UnlockAll();

  // What a fault at `pointer` was, as far as can be told; kWildAccess when it cannot, and false when it was not in the heap at all.
  bool Explain(const void* pointer, Misuse* misuse);

  u64 bytes_in_slabs() const { return ground_.slab_bytes.load(std::memory_order_relaxed); }
  u64 bytes_retired() const { return ground_.retired_bytes.load(std::memory_order_relaxed); }
  bool tagged() const { return ground_.tagged; }
  const Settings& settings() const { return ground_.settings; }

 private:
  // A live block, whatever it stands in.
  struct Block {
    UnitRecord* record;
    AtomicWord* word;  // null for a large one
    u64 bytes;
  };

  // The functions that run with every allocation come several times: for the defaults, which are then constants, without tags in narrow and in
  // wide vectors, and with tags; and for all else.
  enum Mode { kUsual, kWide, kTags, kOther };
  static constexpr Mode kFast = kWidePossible ? kWide : Tags::kPossible ? kTags : kUsual;
  template <Mode M>
  u64 tail() const {
    return M != kOther ? kCanaryBytes : tail_;
  }
  template <Mode M>
  using VectorsOf = std::conditional_t<M == kWide, Wide, Narrow>;
  // The first class whose slots a vector of the fast functions fits in, and the end of the requests that AllocateFast is for: those that four
  // vectors cover.
  static constexpr u32 kLeastFastClass = kFast == kWide ? ComputeClass(Wide::kBytes) : 0;
  static constexpr u64 kFastEnd = kFast == kWide ? Wide::kSteps - kCanaryBytes + 1 : kUsualEnd;

  [[gnu::noinline, CAPONIER_FAST]] void* CallAllocateFast(Cache& cache, u64 bytes) { return AllocateFast(cache, bytes); }
  [[gnu::noinline, CAPONIER_FAST]] void* CallAllocateLonger(Cache& cache, u64 bytes) { return AllocateLonger(cache, bytes); }
  template <typename Size>
  [[gnu::noinline, CAPONIER_FAST]] void CallFreeFast(Cache& cache, void* block, Size said) {
    FreeAs<kFast>(cache, block, said);
  }
  template <typename Size>
  [[gnu::always_inline]] void FreeSaying(Cache& cache, void* block, Size said) {
    if (cache.fast_end != 0) return CallFreeFast(cache, block, said);
    cache.usual_end != 0 ? FreeAs<kUsual>(cache, block, said) : FreeAs<kOther>(cache, block, said);
  }

  // With the defaults, without tags; kWide below kFastEnd.
  template <Mode M>
  [[gnu::always_inline]] void* AllocateSlot(Cache& cache, Bin& bin, u64 bytes) {
    Entry* entry = bin.head;
    if (entry == bin.ready) [[unlikely]]
      return M == kWide ? AllocateLater(cache, bin, bytes) : AllocateSlotSlowly(cache, bin, bytes);
    bin.head = entry + 1;
    const u64 address = entry->address, slot_bytes = bin.slot_bytes;
    AtomicWord* word = entry->word;
    const SlotWord before(word->load(std::memory_order_relaxed));
    // One that was never used is zero as well.
    if ((M != kWide && !AreSteps<Narrow>(slot_bytes)) || before.live()) [[unlikely]]
      return Issue(address, word, slot_bytes, bytes);
    if (!AreStepsZero<VectorsOf<M>>(reinterpret_cast<void*>(address), bin.second, bin.third, slot_bytes)) [[unlikely]]
      return Blame(Crime::kWriteToFree, slot_bytes, before);
    return MakeLive<M>(address, word, slot_bytes, bytes);
  }
  // Fast, of a line in which none is ready.
  [[gnu::noinline]] void* AllocateLater(Cache& cache, Bin& bin, u64 bytes) {
    return bin.TakeRested() ? CallAllocateFast(cache, bytes) : AllocateSlotSlowly(cache, bin, bytes);
  }
  [[gnu::noinline]] void* AllocateSlotSlowly(Cache& cache, Bin& bin, u64 bytes);
  void* AllocateSlotOther(Cache& cache, Bin& bin, u64 bytes);

  // Makes a block of a free slot.
  [[gnu::noinline]] void* Issue(u64 address, AtomicWord* word, u64 slot_bytes, u64 bytes) {
    const SlotWord before(word->load(std::memory_order_relaxed));
    if (slot_bytes > kInlineBytes || !before.rests() || !IsZeroShort(reinterpret_cast<void*>(address), slot_bytes)) [[unlikely]]
      return IssueOther(address, word, slot_bytes, bytes);
    return MakeLive<kOther>(address, word, slot_bytes, bytes);
  }
  [[gnu::noinline, CAPONIER_FAST]] void* IssueWide(u64 address, AtomicWord* word, u64 slot_bytes, u64 bytes) {
    const SlotWord before(word->load(std::memory_order_relaxed));
    const auto* memory = reinterpret_cast<const void*>(address);
    if (slot_bytes > kLookAtAll || before.live() ||
        (before.memory_used() &&
         !(slot_bytes < kTurn ? IsZeroShort(memory, slot_bytes) : AreTurnsZero<Wide>(memory, slot_bytes)))) [[unlikely]]
      return IssueOther(address, word, slot_bytes, bytes);
    return MakeLive<kWide>(address, word, slot_bytes, bytes);
  }
  [[gnu::noinline]] void* IssueOther(u64 address, AtomicWord* word, u64 slot_bytes, u64 bytes) {
    CheckFree(address, SlotWord(word->load(std::memory_order_relaxed)), slot_bytes, bytes);
    return MakeLive<kOther>(address, word, slot_bytes, bytes);
  }
  // The same under tags; null when the slot is exhausted.
  void* IssueTagged(Cache& cache, const Entry& entry, u64 slot_bytes, u64 bytes);
  template <Mode M>
  [[gnu::always_inline]] void* AllocateTagged(Cache& cache, u64 bytes);
  [[gnu::noinline]] void* AllocateTaggedElsewhere(Cache& cache, Bin& bin, u64 bytes);
  [[gnu::noinline]] void* AllocateTaggedOther(Cache& cache, Bin& bin, u64 bytes);
  // The slot's word says so already.
  template <Mode M>
  [[gnu::always_inline]] void* MakeLiveTagged(const Canary& canary, u64 address, Tag tag, u64 bytes);
  // As it is without tags, whatever it is; and its tag.
  SlotWord WordOf(const UnitRecord& slab, const AtomicWord* word) const;
  static Tag TagIn(const AtomicWord* word) { return TaggedWord(word->load(std::memory_order_relaxed)).tag(); }
  void SetSlack(const UnitRecord& slab, AtomicWord* word, u64 slack);
  // What of a slot may be not asked for.
  u64 MostSlack(u64 slot_bytes) const {
    return ground_.tagged && slot_bytes <= TaggedWord::kLongSlot ? TaggedWord::kLongSlot - 1 : SlotWord::kMaxSlack;
  }
  template <Mode M>
  [[gnu::always_inline]] void* MakeLive(u64 address, AtomicWord* word, u64 slot_bytes, u64 bytes) {
    word->store(SlotWord::Live(TagSet().With(SlotWord::kOnlyTag), slot_bytes - bytes).raw(), std::memory_order_relaxed);
    void* block = reinterpret_cast<void*>(address);
    if (tail<M>() != 0) WriteCanary(static_cast<std::byte*>(block) + bytes, canary_.For(address), kCanaryBytes);
    return block;
  }
  [[gnu::always_inline]] void CheckFree(u64 address, SlotWord before, u64 slot_bytes, u64 bytes);
  [[noreturn, gnu::cold, gnu::noinline]] void AccuseWritten(u64 address, SlotWord before, u64 slot_bytes);
  [[gnu::always_inline]] bool IsZeroFor(u64 address, u64 bytes) const;

  template <Mode M, typename Size>
  [[gnu::always_inline]] void FreeAs(Cache& cache, void* block, Size said) {
    const u64 address = Tags::Address(block), unit = ground_.arena.WideUnitOf(address);
    if (!ground_.arena.Knows(unit)) [[unlikely]]
      return Blame(block);
    // While its record and its slot's word are looked up.
    __builtin_prefetch(reinterpret_cast<void*>(address), 1);
    UnitRecord& record = ground_.arena.record(unit);
    const u64 slot = record.SlotOf(address);
    if (slot >= record.slots) [[unlikely]]
      return FreeLarge(cache, record, block, said);
    AtomicWord* word = reinterpret_cast<AtomicWord*>(record.link) + slot;
    if constexpr (M == kTags) return FreeTagged<M>(cache, record, word, block, said);
    // Usual with tags is fast, where there are such functions.
    if constexpr (Tags::kPossible && M != kWide && (M != kUsual || kFast != kTags)) {
      if (ground_.tagged) return FreeTagged<kOther>(cache, record, word, block, said);
    }
    if (M == kOther) return FreeSlotOther(cache, record, word, block, said);
    FreeSlot<M>(cache, record, word, block, said);
  }
  // The block that `word` is of, in a slab with this record.
  template <Mode M, typename Size>
  [[gnu::always_inline]] void FreeSlot(Cache& cache, const UnitRecord& slab, AtomicWord* word, void* block, Size said) {
    const SlotWord before(word->load(std::memory_order_relaxed));
    const u64 address = Tags::Address(block), slot_bytes = slab.slot_bytes, bytes = slot_bytes - before.slack();
    if (!before.live()) [[unlikely]]
      return Blame(block);
    if (!said.Allows(bytes)) [[unlikely]]
      return BlameSize(bytes, said.bytes);
    if (M == kWide && !AreSteps<Wide>(slot_bytes)) return FreeLonger(cache, slab, word, block);
    std::byte* slot_end = static_cast<std::byte*>(block) + slot_bytes;
    if (tail<M>() != 0 && !EndHolds<M>(slot_end, canary_.For(address), before.slack())) [[unlikely]]
      return BlameTail(block);
    Bin& bin = cache.BinOf(slab);
    Entry* last = bin.tail;
    if (M != kOther && AreSteps<VectorsOf<M>>(slot_bytes) && last != bin.stop) [[likely]] {
      ClearSteps<VectorsOf<M>>(block, bin.second, bin.third, slot_end);
      if (!TryEnd(word, before)) [[unlikely]]
        return Blame(block);
      bin.tail = last + 1;
      *last = {address, word};
      return;
    }
    if (M == kWide) FreeLonger(cache, slab, word, block);
    else ClearAndRest(cache, bin, word, block, M == kUsual || zero_ ? bytes + tail<M>() : 0);
  }
  // The same for a slot that is longer than ClearSteps is for, or where the line has no room. The block is live and as large as was said.
  [[gnu::noinline, CAPONIER_FAST]] void FreeLonger(Cache& cache, const UnitRecord& slab, AtomicWord* word, void* block) {
    const SlotWord before(word->load(std::memory_order_relaxed));
    const u64 address = Tags::Address(block), slot_bytes = slab.slot_bytes;
    if (!EndHolds<kUsual>(static_cast<std::byte*>(block) + slot_bytes, canary_.For(address), before.slack())) [[unlikely]]
      return BlameTail(block);
    ClearWideAndRest(cache, cache.BinOf(slab), word, block, slot_bytes - before.slack() + kCanaryBytes);
  }
  // A block without tags ends, whose word was `before`: false when another thread has ended it since.
  [[gnu::always_inline]] static bool TryEnd(AtomicWord* word, SlotWord before) {
    return before.live() && word->exchange(before.Freed().raw(), std::memory_order_relaxed) == before.raw();
  }
  // Whether a block's canary is there, and nothing was written to the end of its slot behind that: too far behind the block, or before the next
  // one. Not looked at in larger slots whose end is another page, which may have no memory yet.
  template <Mode M>
  [[gnu::always_inline]] bool EndHolds(const std::byte* slot_end, u64 canary, u64 slack) const {
    if (!CanaryHolds(slot_end - slack, canary, kCanaryBytes)) return false;
    if (M == kWide) return SlotEndHolds(slot_end, slack);
    return (M == kOther && !check_) || slack > kPageSize || SlotEndHolds(slot_end, slack < kMostMasked ? slack : kMostMasked);
  }
  template <typename Size>
  [[gnu::noinline]] void FreeSlotOther(Cache& cache, const UnitRecord& slab, AtomicWord* word, void* block, Size said);
  template <Mode M, typename Size>
  [[gnu::always_inline]] void FreeTagged(Cache& cache, const UnitRecord& slab, AtomicWord* word, void* block, Size said);
  template <typename Size>
  [[gnu::noinline]] void FreeTaggedLong(Cache& cache, const UnitRecord& slab, AtomicWord* word, void* block, Size said);
  // The block is live and the pointer's, and of so many bytes.
  template <Mode M, typename Size>
  [[gnu::always_inline]] void EndTagged(Cache& cache, const UnitRecord& slab, AtomicWord* word, TaggedWord before, void* block,
                                        Size said, u64 bytes);
  // Its first `bytes` are cleared.
  [[gnu::noinline]] void ClearAndRest(Cache& cache, Bin& bin, AtomicWord* word, void* block, u64 bytes) {
    const u64 whole = AlignUp(bytes, kGranule);
    if (whole > Narrow::kClearInTurns || whole <= Narrow::kSteps) return ClearOtherAndRest(cache, bin, word, block, whole);
    ClearShort(block, whole);
    EndAndRest(cache, bin, word, block);
  }
  [[gnu::always_inline, CAPONIER_FAST]] void ClearWideAndRest(Cache& cache, Bin& bin, AtomicWord* word, void* block, u64 bytes) {
    const u64 whole = AlignUp(bytes, kGranule);
    if (whole > Wide::kClearInTurns || whole < kTurn) return ClearOtherAndRest(cache, bin, word, block, whole);
    ClearTurns<Wide>(block, whole);
    EndAndRest(cache, bin, word, block);
  }
  [[gnu::noinline]] void ClearOtherAndRest(Cache& cache, Bin& bin, AtomicWord* word, void* block, u64 bytes);

  [[gnu::always_inline]] void EndAndRest(Cache& cache, Bin& bin, AtomicWord* word, void* block) {
    if (!TryEnd(word, SlotWord(word->load(std::memory_order_relaxed)))) [[unlikely]]
      return Blame(block);
    const u64 address = Tags::Address(block);
    Entry* last = bin.tail;
    if (last == bin.stop) [[unlikely]]
      return RestSlowly(cache, bin, address, word);
    *last = {address, word};
    bin.tail = last + 1;
    bin.NoteRested();
  }
  [[gnu::noinline]] void RestSlowly(Cache& cache, Bin& bin, u64 address, AtomicWord* word);
  [[gnu::noinline]] void RestWithoutRoom(Cache& cache, Bin& bin, u64 address, AtomicWord* word);

  void* AllocateLarge(Cache& cache, u64 bytes, u64 alignment);
  template <typename Size>
  [[gnu::noinline]] void FreeLarge(Cache& cache, UnitRecord& record, void* block, Size said);
  void* AllocateToGrow(Cache& cache, u64 before, u64 bytes);
  void* ReallocateSlot(const Block& block, void* pointer, u64 bytes);
  bool Prepare(Cache& cache, Bin& bin);
  void Shuffle(Cache& cache, Entry* entries, u32 count);
  bool MakeRoom(Cache& cache, Bin& bin);
  bool MakeRow(Cache& cache, Bin& bin);
  u8 NextByte(Cache& cache);
  u32 NextRandom(Cache& cache);  // 24 bits
  u64 NextSample(Cache& cache);
  u64 SlotCanaryBytes(u64 bytes) const {
    return !ground_.settings.canary ? 0 : ground_.tagged ? AlignUp(bytes, kGranule) - bytes : kCanaryBytes;
  }

  // Looks `pointer` up; stops the program unless it is a live block's start.
  [[gnu::always_inline]] Block LookAt(const void* pointer, Wish wish = Wish::kFree);
  [[noreturn]] void Stop(const Misuse& misuse) {
    P::Stop(misuse);
    __builtin_unreachable();
  }
  [[noreturn, gnu::cold, gnu::noinline]] void Accuse(const void* pointer, Wish wish = Wish::kFree);
  [[noreturn, gnu::cold, gnu::noinline]] void AccuseSize(u64 bytes, u64 said);
  [[noreturn, gnu::cold, gnu::noinline]] void AccuseSlot(Crime crime, u64 slot_bytes, SlotWord word, u64 address = 0);
  // The same, but for all the compiler knows they come back, so that the functions that end in them need no frame for a call.
  [[gnu::cold, gnu::noinline]] void Blame(void* pointer) {
    if (pointer != nullptr) Accuse(pointer);
  }
  [[gnu::cold, gnu::noinline]] void BlameSize(u64 bytes, u64 said) { AccuseSize(bytes, said); }
  [[gnu::cold, gnu::noinline]] void* Blame(Crime crime, u64 slot_bytes, SlotWord word) { AccuseSlot(crime, slot_bytes, word); }
  [[gnu::cold, gnu::noinline]] void BlameTail(const void* pointer) {
    const Block block = LookAt(pointer);
    const auto* end = static_cast<const std::byte*>(pointer) + block.bytes;
    const bool near = !CanaryHolds(end, canary_.For(Tags::Address(pointer)), kCanaryBytes);
    AccuseSlot(near ? Crime::kOverflowFound : Crime::kSlackWritten, block.record->slot_bytes, WordOf(*block.record, block.word));
  }
  [[gnu::cold, gnu::noinline]] void BlameTagged(const UnitRecord& slab, const AtomicWord* word) {
    AccuseSlot(Crime::kOverflowFound, slab.slot_bytes, WordOf(slab, word));
  }
  UnitRecord* FindLargeAround(u64 address);
  Misuse ExplainTagged(const UnitRecord& record, u64 address, Tag tag);

  static constexpr u64 kShortBytes = 1024;  // with tags, what is cleared and tagged without a call

  Ground<P> ground_;
  u64 tail_ = 0;  // bytes of each block's canary that its slot must have room for
  bool zero_ = false, check_ = false, usual_ = false, wide_ = false;
  Canary canary_;
  Shelf<P> shelves_[kClassCount];
  typename P::Lock caches_lock_;
  Cache* spare_caches_ = nullptr;
  u32 next_side_ = 0;
};

}  // namespace caponier::heap

#include "lib/heap/heap_accuse.h"
#include "lib/heap/heap_slow.h"
#include "lib/heap/heap_tagged.h"
