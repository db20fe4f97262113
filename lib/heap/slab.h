// A slab: slots of one size class side by side, with guards around. Its state stands in metadata: this header, then a word for each slot, and
// a bit for each that is free. Under tags the first word and the last have a free neighbour each, and long slots the rest of their slack.
#pragma once

#include <atomic>
#include <cstddef>

#include "lib/base/list.h"
#include "lib/heap/arena.h"
#include "lib/heap/slot_word.h"

namespace caponier::heap {

using AtomicWord = std::atomic<u32>;
using AtomicByte = std::atomic<u8>;
static_assert(sizeof(AtomicWord) == 4 && sizeof(AtomicByte) == 1);

inline constexpr u32 kMaxSlots = 32768;  // so that a slab's metadata is one piece of at most kMaxSlotBytes
static_assert(kMaxSlots <= 0xffff);      // UnitRecord::slots
inline constexpr u32 kSides = 16;
inline constexpr u32 kMaxSidedBytes = 256;
inline constexpr u32 kBits = 64;  // slots in a word of the free bits

// What was never used of a slab of at least kPopulateFrom, which is then soon, is made memory in stretches.
inline constexpr u64 kPopulateBytes = 32 * kKiB, kPopulateFrom = 256 * kKiB;

struct Slab {
  ListNode node;
  Slab* next_to_release;
  u64 base;
  u64* free_bits;
  AtomicByte* long_slack;  // by slot, what TaggedWord has no room for; null where it has
  u32 slots, slot_bytes, bytes, unit;
  u32 free;         // slots that the shelf has
  u32 free_opened;  // of them, in opened words
  u32 held;         // exhausted, never to be used again
  u32 opened;       // words of bits from which slots were taken so far, counted from first_word around
  u32 first_word;
  u32 metadata_bytes;
  u8 size_class, order;
  u16 side;
  AtomicWord before_first;  // always 0, right before the words

  AtomicWord* words() { return reinterpret_cast<AtomicWord*>(this + 1); }
  const AtomicWord* words() const { return reinterpret_cast<const AtomicWord*>(this + 1); }
  // Slots of more than kMaxSidedBytes stay with whoever frees them: much memory would rest twice, once in each line of a thread's.
  u16 side_bits() const { return static_cast<u16>(slot_bytes <= kMaxSidedBytes ? 1u << side : 0xffff); }
  static Slab* Of(const UnitRecord& record) { return reinterpret_cast<Slab*>(record.link) - 1; }
  u32 units() const { return static_cast<u32>(AlignUp(bytes, kUnitBytes) >> kUnitBits); }
  u32 bit_words() const { return (slots + kBits - 1) / kBits; }
  // Words of bits in a stretch of kPopulateBytes; 0 of slots that are too large.
  u32 words_ahead() const { return static_cast<u32>(kPopulateBytes / kBits) / slot_bytes; }
  bool empty() const { return free + held == slots; }
  u32 IndexOf(const AtomicWord* word) const { return static_cast<u32>(word - words()); }
};
static_assert(sizeof(Slab) % 8 == 0 && offsetof(Slab, before_first) + sizeof(AtomicWord) == sizeof(Slab));

// A slab's size grows with the number of its class: small programs stay small, and a large heap needs few mappings (Linux allows a
// process 65,530, and a slab costs two), each large enough for a huge page. A class's first slabs have a part of their unit each, at a page
// drawn at random, so that words for slots that a small program never has take no memory, and a few resting slots hold on to little. Not under tags,
// where slabs wear out, and a small one would sooner.
inline constexpr u64 kFirstSlabBytes = 16 * kKiB;
inline constexpr u32 kFirstSlabs = 4, kFirstSlabsTo = kMaxSidedBytes;  // of slots of up to so much
constexpr u64 SlabBytes(u32 slot_bytes, u32 slabs_before) {
  u64 bytes = slabs_before < 8 ? kUnitBytes : slabs_before < 32 ? 4 * kUnitBytes : kMaxSlabBytes;
  if (bytes < u64{8} * slot_bytes) bytes = AlignUp(u64{8} * slot_bytes, kUnitBytes);
  while (bytes / slot_bytes > kMaxSlots) bytes /= 2;
  return bytes;
}
static_assert(SlabBytes(kMaxSlotBytes, 0) <= kMaxSlabBytes);

struct SlabPlan {
  u32 slots, units, order;
  u64 bytes, words_bytes, bits_bytes, long_slack_bytes;
  constexpr u64 metadata_bytes() const { return sizeof(Slab) + words_bytes + bits_bytes + long_slack_bytes; }
};
constexpr SlabPlan PlanSlab(u32 slot_bytes, u32 slabs_before, bool tagged) {
  const bool first = !tagged && slabs_before < kFirstSlabs && slot_bytes <= kFirstSlabsTo;
  const u64 bytes = first ? kFirstSlabBytes : SlabBytes(slot_bytes, slabs_before);
  SlabPlan plan{};
  plan.bytes = bytes;
  plan.slots = static_cast<u32>(bytes / slot_bytes);
  plan.units = static_cast<u32>((bytes + kUnitBytes - 1) >> kUnitBits);
  plan.order = static_cast<u32>(std::bit_width(u64{plan.units}));  // a guard unit is left over
  plan.words_bytes = AlignUp((plan.slots + (tagged ? 1 : 0)) * sizeof(u32), 8);
  plan.bits_bytes = AlignUp(plan.slots, kBits) / 8;
  plan.long_slack_bytes = tagged && slot_bytes > TaggedWord::kLongSlot ? plan.slots : 0;
  return plan;
}
static_assert(PlanSlab(64, 100, true).metadata_bytes() <= kMaxSlotBytes);

}  // namespace caponier::heap
