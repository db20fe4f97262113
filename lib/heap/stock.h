// Empty slabs whose pages stay, for whichever size class needs one next: a program whose blocks change in size keeps its memory, and a class
// whose blocks come and go keeps its slabs. The one that has been empty longest goes first, so that freed memory rests here too. Under
// tags a slab stays with its class, whose slots remember the tags that they have had.
#pragma once

#include "lib/heap/platform.h"
#include "lib/heap/slab.h"

namespace caponier::heap {

template <LockType L>
class Stock {
 public:
  // False when there is enough here beside the `in_slabs` bytes of all slabs.
  bool Put(Slab* slab, u64 in_slabs) {
    const Locked locked(lock_);
    const u64 bytes = bytes_ + slab->bytes;
    // Larger slots may leave much of a slab without memory, so that others' memory would be kept for it.
    const u64 always = slab->slot_bytes <= kPageSize ? kAlwaysBytes : kAlwaysOfLarger;
    if (bytes > always && 3 * bytes > in_slabs) return false;
    bytes_ = bytes;
    LineOf(slab->bytes).PushBack(slab);
    return true;
  }

  // One of so many bytes, of `size_class` if it must be; null when there is none.
  Slab* Take(u64 bytes, u32 size_class, bool of_class) {
    const Locked locked(lock_);
    Line& line = LineOf(bytes);
    Slab* slab = line.front();
    while (of_class && slab != nullptr && slab->size_class != size_class) slab = line.Next(slab);
    if (slab == nullptr) return nullptr;
    line.Remove(slab);
    bytes_ -= slab->bytes;
    return slab;
  }

  // Those that have been empty longest, as a list by next_to_release, of so many bytes or somewhat more; how many they are.
  u64 TakeOldest(u64 bytes, Slab** slabs) {
    const Locked locked(lock_);
    u64 taken = 0;
    for (Line& line : slabs_) {
      for (Slab* slab = line.front(); slab != nullptr && taken < bytes; slab = line.front()) {
        line.Remove(slab);
        taken += slab->bytes;
        slab->next_to_release = *slabs;
        *slabs = slab;
      }
    }
    bytes_ -= taken;
    return taken;
  }

  L& lock() { return lock_; }

 private:
  static constexpr u64 kAlwaysBytes = 32 * kMiB, kAlwaysOfLarger = 4 * kMiB;
  using Line = List<Slab, &Slab::node>;

  // A first slab's is that of no whole unit.
  Line& LineOf(u64 bytes) { return slabs_[bytes >> kUnitBits]; }

  L lock_;
  Line slabs_[kMaxSlabBytes / kUnitBytes + 1];
  u64 bytes_ = 0;
};

}  // namespace caponier::heap
