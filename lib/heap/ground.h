// What every part of a heap stands on.
#pragma once

#include "lib/heap/arena.h"
#include "lib/heap/metadata.h"
#include "lib/heap/settings.h"
#include "lib/heap/stock.h"
#include "lib/heap/warm_pages.h"

namespace caponier::heap {

template <Platform P>
struct Ground {
  Arena<P> arena;
  Metadata<P> metadata;
  Stock<typename P::Lock> stock;
  WarmPages<P> warm;
  Settings settings;
  bool tagged = false;      // tags are there and on
  bool tags_large = false;  // for large blocks too

  std::atomic<u64> slab_bytes = 0;     // behind slabs
  std::atomic<u64> large_bytes = 0;    // behind large blocks
  std::atomic<u64> most_bytes = 0;     // that there ever were of both and of warm pages
  std::atomic<u64> retired_bytes = 0;  // of slabs that had exhausted slots

  // Before so many bytes more come from the system. Where there never were as many, others that wait for a next block go back instead, so that
  // what waits adds nothing to the most that a program ever has.
  void MakeRoomFor(u64 bytes) {
    const u64 most = most_bytes.load(std::memory_order_relaxed);
    const u64 all =
        slab_bytes.load(std::memory_order_relaxed) + large_bytes.load(std::memory_order_relaxed) + warm.bytes() + bytes;
    if (all <= most) return;
    Slab* slabs = nullptr;
    u64 released = warm.Release(*this, all - most);
    released += stock.TakeOldest(all - most - released, &slabs);
    Release(slabs);
    if (all - released > most) most_bytes.store(all - released, std::memory_order_relaxed);
  }

  // Of the arena and of the system; where they have none, all that waits for a next block goes back first.
  Result<u32> TakeRun(u32 order, u8 random) {
    const Result<u32> unit = arena.TakeRun(order, random);
    return unit.ok() || !ReleaseWaiting() ? unit : arena.TakeRun(order, random);
  }
  Result<> Commit(u64 address, u64 bytes, MemoryUse use) {
    const Result<> done = P::Commit(address, bytes, use);
    return done.ok() || !ReleaseWaiting() ? done : P::Commit(address, bytes, use);
  }

  // What the table says of a slab's units.
  void SetRecords(Slab& slab, UnitKind kind) {
    const bool there = kind == UnitKind::kSlab;
    for (u32 i = 0; i < slab.units(); i++) {
      arena.record(slab.unit + i) = {.inverse = there ? Inverse(slab.slot_bytes) : 0,
                                     .link = there ? reinterpret_cast<u64>(slab.words()) : 0,
                                     .low_base = static_cast<u32>(slab.base),
                                     .slot_bytes = slab.slot_bytes,
                                     .slots = there ? static_cast<u16>(slab.slots) : u16{0},
                                     .sides = slab.side_bits(),
                                     .kind = kind,
                                     .size_class = slab.size_class,
                                     .order = 0,
                                     .tag = kFreeTag};
    }
  }

  // Empty slabs, a list by next_to_release.
  void Release(Slab* slab) {
    while (slab != nullptr) {
      Slab* next = slab->next_to_release;
      SetRecords(*slab, UnitKind::kFreedSlab);
      P::Release(slab->base, slab->bytes);
      slab_bytes.fetch_sub(slab->bytes, std::memory_order_relaxed);
      if (slab->held != 0) retired_bytes.fetch_add(slab->bytes, std::memory_order_relaxed);
      arena.GiveRun(slab->unit, slab->order);
      metadata.Give(slab, slab->metadata_bytes);
      slab = next;
    }
  }

 private:
  // Whether there was anything.
  bool ReleaseWaiting() {
    constexpr u64 kAll = ~u64{0};
    Slab* slabs = nullptr;
    const u64 released = warm.Release(*this, kAll) + stock.TakeOldest(kAll, &slabs);
    Release(slabs);
    return released != 0;
  }
};

}  // namespace caponier::heap
