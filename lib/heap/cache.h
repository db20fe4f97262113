// What a thread holds of each size class: a line of free slots. It takes from the front and frees to the back, so that a slot rests
// until others of its class have been freed after it, and no lock is touched. Slots of another side's slabs (Shelf) rest in a line of their own,
// from which they go back to the shelf.
#pragma once

#include <cstddef>

#include "lib/heap/canary.h"
#include "lib/heap/memory.h"
#include "lib/heap/shelf.h"

namespace caponier::heap {

// Slots in a line.
constexpr u32 MostInLine(u32 resting, u32 batch) { return resting + 2 * batch + 2; }

// One class's line, in a row that is longer than the line: it moves to the row's start when it has come to the end. Without a row all
// pointers are null, so that nothing is ready and there is no room.
struct alignas(64) Bin {
  Entry* head;   // what is taken next
  Entry* ready;  // those before this may be taken
  Entry* tail;   // where what is freed next goes
  Entry* stop;   // but not here: the row ends, or the line is long enough
  Entry* row;
  Entry* row_end;
  u32 slot_bytes;
  u8 second, third;  // where the middle two of the four steps that cover a slot of up to kStep bytes stand
  u8 next_batch;     // how many to take from the shelf next time
  u8 batch;          // never more than this at once
  u8 resting;        // the last so many that were freed are not taken

  u32 count() const { return static_cast<u32>(tail - head); }
  u32 room_before() const { return static_cast<u32>(head - row); }
  void MoveTo(Entry* place) {
    __builtin_memmove(place, head, count() * sizeof(Entry));
    ready = ready < head ? place : place + (ready - head);
    tail = place + count();
    head = place;
  }
  // Makes those ready that have rested, if they are enough for some allocations: few at a time would be asked for with each.
  bool TakeRested() {
    if (count() <= u32{resting} + batch / 2) return false;
    ready = tail - resting;
    return true;
  }
  // The same one by one, as they are freed.
  void NoteRested() {
    if (tail - ready > resting) ready = tail - resting;
  }
  u32 most() const { return MostInLine(resting, batch); }
  void SetStop() { stop = head + most() < row_end ? head + most() : row_end; }
};
static_assert(sizeof(Bin) == 64);

inline constexpr u32 kMaxBatch = 32;
inline constexpr u32 kLine = 64, kPrefetchBytes = 512;  // of the processor's cache, and how much of a slot is fetched ahead

// The larger the slots, the fewer: what rests of a class is within 8 KiB where it can, for the memory's and the processor's caches' sake, and
// a batch within 4.
inline constexpr u64 kRestingBytes = 8 * kKiB, kBatchBytes = 4 * kKiB;
struct BinPlan {
  u32 batch, resting;
  constexpr u32 most() const { return MostInLine(resting, batch); }
  constexpr u32 entries() const { return most() + 30; }  // in the row, so that the line rarely moves
};
constexpr BinPlan PlanBin(u32 slot_bytes, u32 quarantine) {
  const auto within = [](u64 value, u32 least, u32 most) {
    return value < least ? least : value > most ? most : static_cast<u32>(value);
  };
  BinPlan plan{};
  plan.batch = within((slot_bytes <= 256 ? kBatchBytes : kBatchBytes / 2) / slot_bytes, 1, kMaxBatch);
  // In proportion where the default of 32 would hold back more than that.
  plan.resting = quarantine == 0 ? 0 : within(kRestingBytes * quarantine / 32 / slot_bytes, 1, quarantine);
  return plan;
}
static_assert(PlanBin(64, 32).resting == 32 && PlanBin(256 * kKiB, 32).resting == 1 && PlanBin(256 * kKiB, 32).most() == 5);
static_assert(PlanBin(16, Settings::kMaxQuarantine).entries() * sizeof(Entry) <= kMaxSlotBytes);

// Where in a cache the bin of a class is, by granules asked for: one load less than by the class's number.
template <u32 LeastClass>
inline constexpr auto kBinTable = [] {
  std::array<u16, kClassTable.size()> table{};
  for (size_t i = 0; i < table.size(); i++)
    table[i] = static_cast<u16>((kClassTable[i] < LeastClass ? LeastClass : kClassTable[i]) * sizeof(Bin));
  return table;
}();
static_assert(kClassCount * sizeof(Bin) <= 0xffff);

// Requests below this are served from the line of their class at once.
inline constexpr u64 kUsualEnd = kTableBytes - kCanaryBytes + 1;

// One thread's. All zeros it is nobody's: every request takes the long way.
struct alignas(64) Cache {
  Bin bins[2 * kClassCount];  // by class; the second half for slots of other sides
  u64 usual_end;              // kUsualEnd; 0 when a setting is not the default
  u64 fast_end, longer_end;   // of what the fast functions are for; 0 also where the processor has not what those are made for
  u64 until_sample;           // allocations until one gets pages of its own
  Canary canary;              // the heap's
  u8* random_next;            // what is drawn next; at the end, what stands behind them, which is 0
  u32 side;
  u16 side_bit;
  Cache* next;  // among those whose threads have ended

  // That of up to kTableBytes; `LeastClass` or one above.
  template <u32 LeastClass = 0>
  Bin& BinFor(u64 bytes) {
    const u16 place = kBinTable<LeastClass>[static_cast<u32>(bytes + kGranule - 1) / kGranule];
    return *reinterpret_cast<Bin*>(reinterpret_cast<u8*>(this) + place);
  }
  Bin& BinOf(const UnitRecord& slab) {
    const u32 others = kClassCount + slab.size_class;
    return bins[slab.IsOf(side_bit) ? slab.size_class : others];
  }
  u32 ClassOf(const Bin& bin) const { return (&bin - bins) % kClassCount; }
  bool IsOfOthers(const Bin& bin) const { return &bin >= bins + kClassCount; }
  // Bytes of the platform's, gone once they are drawn.
  u8 random[4096];
  u8 random_end;

  u8 TakeByte() {
    u8* at = random_next;
    const u8 byte = *at;
    *at++ = 0;
    random_next = at;
    return byte;
  }
  bool HasBytes() const { return random_next != &random_end; }
  void ForgetBytes() { random_next = &random_end; }
};
static_assert(offsetof(Cache, bins) == 0);

}  // namespace caponier::heap
