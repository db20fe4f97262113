// What all threads share of a size class: its slabs, and which of their slots are in nobody's hands. Threads take and give slots by the
// dozen, so its lock is rarely held.
//
// Each thread is of one of kSides sides, and so is each slab: its slots go to threads of its side alone, so that two threads rarely write to one
// line of the processor's cache, be it of the slots or of their words. Slots of more than kMaxSidedBytes are all of one side, for the memory's
// sake. A side without free slots takes over another's slab, if that is half free, before it gets a fresh one.
#pragma once

#include "lib/heap/ground.h"
#include "lib/heap/slab.h"

namespace caponier::heap {

// A slot in a thread's hands.
struct Entry {
  u64 address;  // without a tag
  AtomicWord* word;
};

template <Platform P>
class alignas(64) Shelf {
 public:
  // Up to `want` slots, at least one unless memory is short. `random` chooses the place in the slab.
  u32 Take(Ground<P>& ground, u32 size_class, u32 side, Entry* out, u32 want, u32 random) {
    Pages next;
    u32 got = 0;
    {
      const Locked locked(lock_);
      if (SlotBytes(size_class) > kMaxSidedBytes) side = 0;
      Partial& partial = partial_[side];
      while (got < want) {
        Slab* slab = partial.front();
        if (slab == nullptr) {
          if (got != 0) break;
          slab = TakeOver(ground, side);
          if (slab == nullptr) {
            const Result<Slab*> fresh = NewSlab(ground, size_class, side, random);
            if (!fresh.ok()) break;
            slab = fresh.value();
          }
          partial.PushFront(slab);
        }
        got += TakeFrom(*slab, out + got, want - got, random, &next);
        if (slab->free == 0) partial.Remove(slab);
      }
    }
    // The slab cannot go meanwhile: these slots of it are out.
    if (next.bytes != 0) P::Populate(next.address, next.bytes);
    return got;
  }

  void Give(Ground<P>& ground, const Entry* entries, u32 count) {
    Slab* empty = nullptr;  // all that became so
    {
      const Locked locked(lock_);
      for (u32 i = 0; i < count; i++) {
        Slab* slab = Slab::Of(*ground.arena.Find(entries[i].address));
        const u32 index = slab->IndexOf(entries[i].word);
        slab->free_bits[index / kBits] |= u64{1} << index % kBits;
        slab->free_opened++;
        if (slab->free++ == 0) partial_[slab->side].PushFront(slab);
        if (slab->empty()) RetireOrStock(ground, slab, &empty);
      }
    }
    ground.Release(empty);
  }

  // This slot has had every tag it can have; its addresses end with the slab's.
  void Hold(Ground<P>& ground, const Entry& entry) {
    Slab* empty = nullptr;
    {
      const Locked locked(lock_);
      Slab* slab = Slab::Of(*ground.arena.Find(entry.address));
      slab->held++;
      if (slab->empty()) RetireOrStock(ground, slab, &empty);
    }
    ground.Release(empty);
  }

  P::Lock& lock() { return lock_; }

 private:
  using Partial = List<Slab, &Slab::node>;
  struct Pages {
    u64 address = 0, bytes = 0;
  };

  // The slab that another side gave slots to last is left to it.
  Slab* TakeOver(Ground<P>& ground, u32 side) {
    for (Partial& other : partial_) {
      Slab* slab = other.size() < 2 ? nullptr : other.back();
      if (slab == nullptr || 2 * slab->free < slab->slots) continue;
      other.Remove(slab);
      slab->side = static_cast<u16>(side);
      for (u32 i = 0; i < slab->units(); i++)
        __atomic_store_n(&ground.arena.record(slab->unit + i).sides, slab->side_bits(), __ATOMIC_RELAXED);
      return slab;
    }
    return nullptr;
  }

  static u32 TakeFrom(Slab& slab, Entry* out, u32 want, u32 random, Pages* next) {
    u32 got = 0;
    const u32 words = slab.bit_words();
    const u32 start = slab.opened == 0 ? 0 : random % slab.opened;
    for (u32 i = 0; i < slab.opened && slab.free_opened != 0 && got < want; i++) {
      const u32 around = start + i < slab.opened ? start + i : start + i - slab.opened;
      got += TakeFromWord(slab, (slab.first_word + around) % words, out + got, want - got);
    }
    while (got < want && slab.opened < words) {
      const u32 word = (slab.first_word + slab.opened) % words;
      NoteNext(slab, word, next);
      slab.opened++;
      slab.free_opened += static_cast<u32>(std::popcount(slab.free_bits[word]));
      got += TakeFromWord(slab, word, out + got, want - got);
    }
    return got;
  }

  // Before this word of a slab is opened: what of a large slab will be used next and never was before, where a stretch of that begins.
  static void NoteNext(Slab& slab, u32 word, Pages* next) {
    const u32 ahead = slab.words_ahead(), slot = word * kBits;
    if (slab.bytes < kPopulateFrom || ahead == 0 || slab.opened % ahead != 0) return;
    if (slab.words()[slot].load(std::memory_order_relaxed) != 0) return;
    const u64 from = AlignDown(u64{slot} * slab.slot_bytes, kPageSize), to = from + kPopulateBytes;
    *next = {.address = slab.base + from, .bytes = (to < slab.bytes ? to : slab.bytes) - from};
  }

  static u32 TakeFromWord(Slab& slab, u32 word, Entry* out, u32 want) {
    u32 got = 0;
    u64 bits = slab.free_bits[word];
    for (; bits != 0 && got < want; bits &= bits - 1) {
      const u32 index = word * kBits + static_cast<u32>(std::countr_zero(bits));
      out[got++] = {slab.base + u64{index} * slab.slot_bytes, slab.words() + index};
    }
    slab.free_bits[word] = bits;
    slab.free -= got;
    slab.free_opened -= got;
    return got;
  }

  Result<Slab*> NewSlab(Ground<P>& ground, u32 size_class, u32 side, u32 random) {
    const u32 slot_bytes = SlotBytes(size_class);
    const SlabPlan plan = PlanSlab(slot_bytes, slabs_[side], ground.tagged);
    Slab* before = ground.stock.Take(plan.bytes, size_class, ground.tagged);
    if (before != nullptr && before->size_class == size_class) {
      before->side = static_cast<u16>(side);
      ground.SetRecords(*before, UnitKind::kSlab);
      slabs_[side]++;
      return before;
    }
    const Result<void*> metadata = ground.metadata.Take(plan.metadata_bytes());
    if (!metadata.ok()) {
      if (before != nullptr) ground.Release(before);
      return Error::kNoMemory;
    }
    auto* slab = static_cast<Slab*>(metadata.value());
    const Result<u64> base = before != nullptr ? before->base : TakePages(ground, plan, random);
    if (!base.ok()) {
      ground.metadata.Give(slab, plan.metadata_bytes());
      return Error::kNoMemory;
    }
    slab->base = base.value();
    slab->slots = slab->free = plan.slots;
    slab->slot_bytes = slot_bytes;
    slab->bytes = static_cast<u32>(plan.bytes);
    slab->unit = ground.arena.UnitOf(slab->base);
    slab->order = static_cast<u8>(plan.order);
    slab->size_class = static_cast<u8>(size_class);
    slab->side = static_cast<u16>(side);
    slab->metadata_bytes = static_cast<u32>(plan.metadata_bytes());
    slab->first_word = (random >> 16) % slab->bit_words();
    std::byte* after = reinterpret_cast<std::byte*>(slab->words()) + plan.words_bytes;
    slab->free_bits = reinterpret_cast<u64*>(after);
    slab->long_slack = plan.long_slack_bytes == 0 ? nullptr : reinterpret_cast<AtomicByte*>(after + plan.bits_bytes);
    for (u32 slot = 0; slot < plan.slots; slot++) slab->free_bits[slot / kBits] |= u64{1} << slot % kBits;
    if (before != nullptr) {
      for (u32 slot = 0; slot < plan.slots; slot++)
        slab->words()[slot].store(SlotWord::OfUsedMemory().raw(), std::memory_order_relaxed);
      ground.metadata.Give(before, before->metadata_bytes);
    }
    ground.SetRecords(*slab, UnitKind::kSlab);
    slabs_[side]++;
    return slab;
  }

  // A slab's, which are new.
  static Result<u64> TakePages(Ground<P>& ground, const SlabPlan& plan, u32 random) {
    const u32 unit = TRY(ground.TakeRun(plan.order, static_cast<u8>(random)));
    const u64 places = ((u64{plan.units} << kUnitBits) - plan.bytes) / kPageSize + 1;
    const u64 base = ground.arena.AddressOf(unit) + (random >> 8 & 0xff) % places * kPageSize;
    // Of larger slots whole pages may stay untouched.
    const bool huge = plan.bytes == kMaxSlabBytes && plan.bytes / plan.slots <= kPageSize;
    ground.MakeRoomFor(plan.bytes);
    if (!ground.Commit(base, plan.bytes, huge ? MemoryUse::kHugeBlocks : MemoryUse::kBlocks).ok()) {
      ground.arena.GiveRun(unit, plan.order);
      return Error::kNoMemory;
    }
    ground.slab_bytes.fetch_add(plan.bytes, std::memory_order_relaxed);
    return base;
  }

  // An empty slab goes into stock. One with exhausted slots retires, and its addresses with it.
  void RetireOrStock(Ground<P>& ground, Slab* slab, Slab** empty) {
    if (slab->free != 0) partial_[slab->side].Remove(slab);
    slabs_[slab->side]--;
    if (slab->held == 0 && ground.stock.Put(slab, ground.slab_bytes.load(std::memory_order_relaxed))) return;
    slab->next_to_release = *empty;
    *empty = slab;
  }

  typename P::Lock lock_;
  Partial partial_[kSides];  // slabs with free slots, not all of them
  u32 slabs_[kSides] = {};
};

}  // namespace caponier::heap
