// What a thread holds of each size class: a line of free slots. It takes from the front and frees to the back, so that a slot rests
// until others of its class have been freed after it, and no lock is touched.
#pragma once

#include "lib/heap/shelf.h"

namespace caponier::heap {

struct Bin {
  Entry* ring;
  u32 head, tail;  // count without bound; the entries between them are in the ring
  u32 until;       // those before this may be taken
  u32 mask;        // entries of the ring, a power of two, less one
  u32 slot_bytes;
  u32 next_batch;  // how many to take from the shelf next time
  u32 resting;     // the last so many that were freed are not taken
  u32 batch;       // never more than this at once

  u32 ready() const { return until - head; }
  u32 count() const { return ring == nullptr ? 0 : tail - head; }
  bool full() const { return tail - head > mask; }  // also when there is no ring: Close leaves it so
  void Close() {
    *this = {
        .ring = nullptr, .head = 0, .tail = 1, .until = 0, .mask = 0, .slot_bytes = 0, .next_batch = 0, .resting = 0, .batch = 0};
  }
  Entry& at(u32 position) { return ring[position & mask]; }
};

inline constexpr u32 kMaxBatch = 32;
inline constexpr u32 kLine = 64, kPrefetchBytes = 512;  // of the processor's cache, and how much of a slot is fetched ahead

// The larger the slots, the fewer: a class's line stays within some dozen KiB where it can, for the processor's caches' sake.
inline constexpr u64 kCacheBytes = 16 * kKiB;
struct BinPlan {
  u32 batch, resting, capacity;
};
constexpr BinPlan PlanBin(u32 slot_bytes, u32 quarantine) {
  const auto within = [](u64 value, u32 least, u32 most) {
    return value < least ? least : value > most ? most : static_cast<u32>(value);
  };
  BinPlan plan{};
  plan.batch = within(kCacheBytes / 2 / slot_bytes, 1, kMaxBatch);
  // In proportion where the default of 32 would hold back more than that.
  plan.resting = quarantine == 0 ? 0 : within(kCacheBytes * quarantine / 32 / slot_bytes, 1, quarantine);
  plan.capacity = static_cast<u32>(std::bit_ceil(u64{plan.resting} + plan.batch + 1));
  return plan;
}
static_assert(PlanBin(64, 32).resting == 32 && PlanBin(256 * kKiB, 32).resting == 1 && PlanBin(256 * kKiB, 32).capacity == 4);
static_assert(PlanBin(16, Settings::kMaxQuarantine).capacity * sizeof(Entry) <= kMaxSlotBytes);

// One thread's.
struct alignas(64) Cache {
  u64 unusual;       // 1 when a setting is not the default, or tags are on
  u64 until_sample;  // allocations until one gets pages of its own
  u32 random_left;
  Cache* next;  // among those whose threads have ended
  Bin bins[kClassCount];
  u8 random[256];  // bytes of the platform's, used from the end
};

}  // namespace caponier::heap
