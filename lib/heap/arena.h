// One reservation of address space in which all blocks stand, and what is known of each 64 KiB unit of it.
//
// The table of units is reached by arithmetic alone, so that any pointer, a program's invention too, finds what stands there, or nothing.
// Space is dealt out in runs of a power of two units, of which the last unit at least is never backed: a guard on both sides of
// everything. New runs follow each other with random gaps. Runs given back wait in line behind kQuarantineRuns others of their
// length before their addresses are used again, fewer where those would take more than one part in kQuarantineShare of all there are; and
// addresses that are not given back never are used again.
#pragma once

#include <atomic>
#include <bit>

#include "lib/heap/platform.h"
#include "lib/heap/size_class.h"

namespace caponier::heap {

inline constexpr u64 kUnitBits = 16;
inline constexpr u64 kUnitBytes = u64{1} << kUnitBits;
inline constexpr u32 kMaxRunOrder = 30;
inline constexpr u32 kQuarantineRuns = 256, kQuarantineShare = 64;

// The order of a run for `bytes` with a guard behind them, and how much such a run has room for.
constexpr u32 RunOrder(u64 bytes) { return static_cast<u32>(std::bit_width((bytes + kUnitBytes - 1) / kUnitBytes)); }
constexpr u64 RunCapacity(u32 order) { return (kUnitBytes << order) - kUnitBytes; }
static_assert(RunOrder(kUnitBytes) == 1 && RunOrder(kUnitBytes + 1) == 2 && RunOrder(3 * kUnitBytes) == 2);
static_assert(RunCapacity(2) == 3 * kUnitBytes);

enum class UnitKind : u8 { kNone, kSlab, kFreedSlab, kRetiredSlab, kLarge, kFreedLarge };

// 32 bytes, so that a free touches one line of the table. A pointer is a slot's when its offset from `base` has a number below `slots`
// (SlotNumber); nothing but a slab's unit has slots.
struct alignas(32) UnitRecord {
  u64 base;     // of the slab, or of the large block
  u64 link;     // slab: its slot words. large block: its bytes
  u32 inverse;  // slab: of slot_bytes. large block: pages behind it. run given back: the next one in line
  u32 slot_bytes;
  u16 slots;
  u16 sides;  // slab: a bit for each whose threads keep what they free of it (Shelf)
  UnitKind kind;
  u8 size_class;
  u8 order;  // slab: twos in slot_bytes. else of the run, in its first unit and in that of a large block
  Tag tag;   // of a large block

  // It may change meanwhile, which makes no answer wrong.
  bool IsOf(u32 side_bit) const { return (__atomic_load_n(&sides, __ATOMIC_RELAXED) & side_bit) != 0; }
  u32 SlotOf(u64 address) const { return SlotNumber(static_cast<u32>(address - base), inverse, order); }
};
static_assert(sizeof(UnitRecord) == 32);

template <Platform P>
class Arena {
 public:
  // As much as is to be had up to `bytes`, a power of two.
  Result<> Open(u64 bytes) {
    Result<u64> base = P::Reserve(bytes);
    for (; !base.ok() && bytes > kMinBytes; base = P::Reserve(bytes)) bytes /= 2;
    base_ = TRY(base);
    units_ = static_cast<u32>(bytes >> kUnitBits);
    table_ = reinterpret_cast<UnitRecord*>(TRY(P::Reserve(units_ * sizeof(UnitRecord))));
    return {};
  }

  u64 bytes() const { return u64{units_} << kUnitBits; }
  u64 AddressOf(u32 unit) const { return base_ + (u64{unit} << kUnitBits); }
  u32 UnitOf(u64 address) const { return static_cast<u32>((address - base_) >> kUnitBits); }
  UnitRecord& record(u64 unit) { return table_[unit]; }
  bool Contains(u64 address) const { return address - base_ < bytes(); }

  // The unit of any address, far beyond the arena's last one if it is none of ours; and whether anything ever stood there. A block's pointer
  // cannot come to a thread before what was written when its unit came into use, and for any other no record is as good as an empty one.
  u64 WideUnitOf(u64 address) const { return (address - base_) >> kUnitBits; }
  bool Knows(u64 unit) const { return unit < used_.load(std::memory_order_relaxed); }
  // What stands at `address`; null when nothing ever did.
  UnitRecord* Find(u64 address) {
    const u64 unit = WideUnitOf(address);
    return Knows(unit) ? &table_[unit] : nullptr;
  }

  // A run of 2^order units, its first unit's number a multiple of that. `random` moves it by up to 7 units or runs.
  Result<u32> TakeRun(u32 order, u8 random) {
    if (order > kMaxRunOrder) return Error::kNoMemory;
    const Locked locked(lock_);
    Line& line = lines_[order];
    const u32 waiting = units_ / kQuarantineShare >> order;
    if (line.length <= (waiting < kQuarantineRuns ? waiting : kQuarantineRuns)) {
      const Result<u32> fresh = TakeFresh(order, random);
      if (fresh.ok() || line.length == 0) return fresh;
    }
    const u32 unit = line.first;
    line.first = table_[unit].inverse;
    line.length--;
    return unit;
  }
  // The run's pages are released, and its records say so.
  void GiveRun(u32 unit, u32 order) {
    const Locked locked(lock_);
    Line& line = lines_[order];
    if (line.length++ == 0) line.first = unit;
    else table_[line.last].inverse = unit;
    line.last = unit;
  }

  P::Lock& lock() { return lock_; }

 private:
  static constexpr u64 kMinBytes = 16 * kMiB;
  static constexpr u64 kTableStep = 64 * kKiB;  // bytes of the table that come into use at once
  struct Line {
    u32 first, last, length;
  };

  Result<u32> TakeFresh(u32 order, u8 random) {
    const u64 length = u64{1} << order;
    // Small runs are moved by units and then aligned; large ones are apart already.
    const u64 gap = order <= 6 ? (random & 7u) << (order > 1 ? order - 1 : 0) : 0;
    // The first unit of all is a guard too: what stands before the reservation is another's.
    const u64 used = used_.load(std::memory_order_relaxed), next = used == 0 ? 1 : used;
    u64 first = AlignUp(next + gap, length);
    if (first + length > units_) first = AlignUp(next, length);
    if (first + length > units_) return Error::kNoMemory;
    const u64 needed = AlignUp((first + length) * sizeof(UnitRecord), kTableStep);
    if (needed > table_bytes_) {
      TRY(P::Commit(reinterpret_cast<u64>(table_) + table_bytes_, needed - table_bytes_, MemoryUse::kMetadata));
      table_bytes_ = needed;
    }
    used_.store(first + length, std::memory_order_release);
    return static_cast<u32>(first);
  }

  std::atomic<u64> used_ = 0;  // units dealt out so far, from the first
  u64 base_ = 0;
  UnitRecord* table_ = nullptr;
  u32 units_ = 0;
  u64 table_bytes_ = 0;
  // Away from what every free reads.
  alignas(64) typename P::Lock lock_;
  Line lines_[kMaxRunOrder + 1] = {};
};

}  // namespace caponier::heap
