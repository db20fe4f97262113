// One reservation of address space in which all blocks stand, and what is known of each 64 KiB unit of it.
//
// The table of units is reached by arithmetic alone, so that any pointer, a program's invention too, finds what stands there, or nothing.
// Space is dealt out in runs of a power of two units, of which the last unit at least is never backed: a guard on both sides of
// everything. Runs follow each other with random gaps, from the arena's beginning to its end and then from the beginning again where there is
// room by then: an address that was given back comes again when all of the arena has been passed, or never, as the settings have it.
// What is known of addresses, and the page tables behind them, goes some time after the last run of a district was given back.
#pragma once

#include <atomic>
#include <bit>

#include "lib/heap/platform.h"
#include "lib/heap/size_class.h"

namespace caponier::heap {

inline constexpr u64 kUnitBits = 16;
inline constexpr u64 kUnitBytes = u64{1} << kUnitBits;
inline constexpr u32 kMaxRunOrder = 30;
// Of as many units as a page of the table has records.
inline constexpr u32 kDistrictOrder = 7;
inline constexpr u64 kDistrictUnits = u64{1} << kDistrictOrder;

// The order of a run for `bytes` with a guard behind them, and how much such a run has room for.
constexpr u32 RunOrder(u64 bytes) { return static_cast<u32>(std::bit_width((bytes + kUnitBytes - 1) / kUnitBytes)); }
constexpr u64 RunCapacity(u32 order) { return (kUnitBytes << order) - kUnitBytes; }
static_assert(RunOrder(kUnitBytes) == 1 && RunOrder(kUnitBytes + 1) == 2 && RunOrder(3 * kUnitBytes) == 2);
static_assert(RunCapacity(2) == 3 * kUnitBytes);

enum class UnitKind : u8 { kNone, kSlab, kFreedSlab, kLarge, kFreedLarge };

// 32 bytes, so that a free touches one line of the table. A pointer is a slot's when its offset in the slab has a number below `slots`
// (SlotNumber); nothing but a slab's unit has slots.
struct alignas(32) UnitRecord {
  union {
    u64 inverse;  // slab: of slot_bytes
    u64 base;     // large block: where it begins
  };
  u64 link;  // slab: its slot words. large block: its bytes
  union {
    u32 low_base;  // slab: the lower half of where it begins
    u32 pages;     // large block: behind it
  };
  union {
    u32 slot_bytes;  // slab
    u32 warm_pages;  // large block: of its pages, those that certainly have memory behind them
  };
  u16 slots;
  u16 sides;  // slab: a bit for each whose threads keep what they free of it (Shelf)
  UnitKind kind;
  u8 size_class;
  u8 order;  // not of a slab: of the run, in its first unit and in that of a large block
  Tag tag;   // of a large block

  // It may change meanwhile, which makes no answer wrong.
  bool IsOf(u16 side_bit) const { return (__atomic_load_n(&sides, __ATOMIC_RELAXED) & side_bit) != 0; }
  // Of an address in a slab's unit.
  u32 OffsetOf(u64 address) const { return static_cast<u32>(address) - low_base; }
  u64 SlotOf(u64 address) const { return SlotNumber(OffsetOf(address), inverse); }
};
static_assert(sizeof(UnitRecord) == 32 && kDistrictUnits * sizeof(UnitRecord) == kPageSize);

template <Platform P>
class Arena {
 public:
  // As much as is to be had up to `bytes`, a power of two. Without `again` no address comes twice.
  Result<> Open(u64 bytes, bool again) {
    Result<u64> base = P::Reserve(bytes);
    for (; !base.ok() && bytes > kMinBytes; base = P::Reserve(bytes)) bytes /= 2;
    base_ = TRY(base);
    units_ = static_cast<u32>(bytes >> kUnitBits);
    table_ = reinterpret_cast<UnitRecord*>(TRY(P::Reserve(AlignUp(units_ * sizeof(UnitRecord), kTableStep))));
    taken_ = reinterpret_cast<u64*>(TRY(P::Reserve(AlignUp(units_ / 8, kTableStep))));
    again_ = again;
    next_ = 1;  // the first unit of all is a guard too: what stands before the reservation is another's
    return {};
  }

  u64 bytes() const { return u64{units_} << kUnitBits; }
  u64 AddressOf(u32 unit) const { return base_ + (u64{unit} << kUnitBits); }
  u32 UnitOf(u64 address) const { return static_cast<u32>((address - base_) >> kUnitBits); }
  UnitRecord& record(u64 unit) {
    UnitRecord* record = table_ + unit;
    asm("" : "+r"(record));  // found once, and not again for each field
    return *record;
  }
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

  // Whether something stood at this unit of which nothing is known any more.
  bool Forgot(u64 unit) const {
    if (!Knows(unit)) return false;
    const u64 first = AlignDown(unit, kDistrictUnits);
    return table_[unit].kind == UnitKind::kNone && IsFree(first, kDistrictUnits);
  }

  // A run of 2^order units, its first unit's number a multiple of that. `random` moves it by up to 7 units or runs.
  Result<u32> TakeRun(u32 order, u8 random) {
    if (order > kMaxRunOrder) return Error::kNoMemory;
    const u64 length = u64{1} << order;
    // Small runs are moved by units and then aligned; large ones are apart already.
    const u64 gap = order <= 6 ? (random & 7u) << (order > 1 ? order - 1 : 0) : 0;
    const Locked locked(lock_);
    u64 unit = FindFree(next_ + gap, length);
    if (unit == kNowhere) unit = FindFree(next_, length);
    if (unit == kNowhere && again_) unit = FindFree(1, length);
    if (unit == kNowhere) return Error::kNoMemory;
    const u64 used = used_.load(std::memory_order_relaxed), end = unit + length;
    TRY(Extend(&table_bytes_, table_, end * sizeof(UnitRecord)));
    TRY(Extend(&taken_bytes_, taken_, AlignUp(end, kBitsPerWord) / 8));
    for (u64 old = unit; old < end && old < used; old++)
      if (table_[old].kind != UnitKind::kNone) table_[old].kind = UnitKind::kNone;
    Mark(unit, length, true);
    if (end > used) used_.store(end, std::memory_order_release);
    if (next_ > unit) noted_ = 0;  // another turn
    if (end > noted_) Note(unit, end);
    const u64 left = next_ >> kDistrictOrder;
    next_ = end;
    if (IsEmpty(left)) ForgetLater(left);
    return static_cast<u32>(unit);
  }
  // The run's pages are released, and its records say so.
  void GiveRun(u32 unit, u32 order) {
    const Locked locked(lock_);
    Mark(unit, u64{1} << order, false);
    // A run of many districts has records in its first one only.
    const u64 district = unit >> kDistrictOrder;
    if (IsEmpty(district)) ForgetLater(district);
  }

  P::Lock& lock() { return lock_; }

 private:
  static constexpr u64 kMinBytes = 16 * kMiB;
  static constexpr u64 kTableStep = 64 * kKiB;  // bytes of the table that come into use at once
  static constexpr u64 kBitsPerWord = 64, kNowhere = ~u64{0};
  static constexpr u32 kRemembered = 32;  // districts

  // The first multiple of `length`, a power of two, from `from` on where so many units are free.
  u64 FindFree(u64 from, u64 length) const {
    for (u64 at = AlignUp(from, length); at + length <= units_; at += length)
      if (IsFree(at, length)) return at;
    return kNowhere;
  }
  // None of these units, a power of two aligned to itself, belongs to a run.
  bool IsFree(u64 unit, u64 length) const {
    const u64 used = used_.load(std::memory_order_relaxed);
    if (length < kBitsPerWord) return unit >= used || (Word(unit) & BitsOf(unit, length)) == 0;
    for (u64 at = unit; at < unit + length && at < used; at += kBitsPerWord)
      if (Word(at) != 0) return false;
    return true;
  }
  static u64 BitsOf(u64 unit, u64 length) { return ((u64{1} << length) - 1) << unit % kBitsPerWord; }
  u64 Word(u64 unit) const { return __atomic_load_n(&taken_[unit / kBitsPerWord], __ATOMIC_RELAXED); }
  void Mark(u64 unit, u64 length, bool taken) {
    if (length < kBitsPerWord) {
      const u64 bits = BitsOf(unit, length), word = Word(unit);
      __atomic_store_n(&taken_[unit / kBitsPerWord], taken ? word | bits : word & ~bits, __ATOMIC_RELAXED);
      return;
    }
    for (u64 at = unit; at < unit + length; at += kBitsPerWord)
      __atomic_store_n(&taken_[at / kBitsPerWord], taken ? ~u64{0} : 0, __ATOMIC_RELAXED);
  }

  // Nothing is there, and nothing is about to come.
  bool IsEmpty(u64 district) const {
    const u64 first = district << kDistrictOrder;
    return first < used_.load(std::memory_order_relaxed) && next_ >> kDistrictOrder != district && IsFree(first, kDistrictUnits);
  }
  // These units come into use, and more behind them, so that the system is seldom called.
  void Note(u64 unit, u64 end) {
    constexpr u64 kStep = 8 * kDistrictUnits;
    const u64 from = noted_ > unit ? noted_ : AlignDown(unit, kStep), to = AlignUp(end, kStep);
    noted_ = to < units_ ? to : units_;
    P::Use(AddressOf(static_cast<u32>(from)), (noted_ - from) << kUnitBits);
  }
  // The district that has waited longest for it is forgotten.
  void ForgetLater(u64 district) {
    const u64 after_oldest = waiting_[waiting_next_];
    waiting_[waiting_next_] = district + 1;
    waiting_next_ = (waiting_next_ + 1) % kRemembered;
    if (after_oldest == 0 || !IsEmpty(after_oldest - 1)) return;
    const u64 first = (after_oldest - 1) << kDistrictOrder;
    P::Forget(AddressOf(static_cast<u32>(first)), kDistrictUnits * kUnitBytes);
    if (first >= next_ && first < noted_) P::Use(AddressOf(static_cast<u32>(first)), kDistrictUnits * kUnitBytes);  // soon again
    P::Discard(reinterpret_cast<u64>(&table_[first]), kPageSize);
  }

  static Result<> Extend(u64* have, const void* table, u64 bytes) {
    const u64 needed = AlignUp(bytes, kTableStep);
    if (needed <= *have) return {};
    TRY(P::Commit(reinterpret_cast<u64>(table) + *have, needed - *have, MemoryUse::kMetadata));
    *have = needed;
    return {};
  }

  std::atomic<u64> used_ = 0;  // units up to the last one that was ever dealt out
  u64 base_ = 0;
  UnitRecord* table_ = nullptr;
  u64* taken_ = nullptr;  // a bit for each unit
  u32 units_ = 0;
  bool again_ = false;
  u64 table_bytes_ = 0, taken_bytes_ = 0;
  // Away from what every free reads.
  alignas(64) typename P::Lock lock_;
  u64 next_ = 0;                   // the first unit that this turn has not passed
  u64 noted_ = 0;                  // before it, the system knows that this turn's units are in use
  u64 waiting_[kRemembered] = {};  // one more than the number of each empty district that is not forgotten yet
  u32 waiting_next_ = 0;
};

}  // namespace caponier::heap
