// Blocks beyond the largest slot: each in a run of its own, its end against absent pages so that the first byte behind its last granule
// faults, absent pages before it too. Freed, the pages are absent at once and the addresses stand in the arena's line. A run has room
// to grow: where that is used up, the pages move to a longer one, not the bytes.
#pragma once

#include "lib/heap/canary.h"
#include "lib/heap/ground.h"
#include "lib/heap/memory.h"

namespace caponier::heap {

template <Platform P>
class Large {
 public:
  using Tags = P::Tags;

  // `alignment` is a power of two.
  static Result<void*> Allocate(Ground<P>& ground, const Canary& canary, u64 bytes, u64 alignment, u8 random) {
    if (bytes > ground.arena.bytes() || alignment > ground.arena.bytes()) return Error::kNoMemory;
    const u64 occupied = bytes == 0 ? 1 : bytes;  // a block of no bytes has an address of its own all the same
    const u64 whole = AlignUp(occupied, kPageSize);
    const u64 apart = alignment > kUnitBytes ? alignment : 0;
    const u32 order = RunOrder(whole + apart);
    // Warm pages stand at a run's start.
    const WarmRun run = apart == 0 ? TRY(ground.warm.Take(ground, whole, order, random))
                                   : WarmRun{.bytes = 0, .unit = TRY(ground.TakeRun(order, random)), .order = order};
    const u64 run_at = ground.arena.AddressOf(run.unit), pages_at = apart == 0 ? run_at : AlignUp(run_at, apart);
    const u64 inset = alignment > kPageSize ? 0 : AlignDown(whole - occupied, alignment < kGranule ? kGranule : alignment);
    const u64 address = pages_at + inset;
    if (run.bytes < whole) {
      ground.MakeRoomFor(whole);  // what the run has was taken from what waits
      if (!ground.Commit(pages_at + run.bytes, whole - run.bytes, MemoryUse::kBlocks).ok()) {
        if (run.bytes != 0) P::Release(pages_at, run.bytes);
        ground.arena.GiveRun(run.unit, run.order);
        return Error::kNoMemory;
      }
    }
    const bool tag_it = ground.tags_large;
    const Tag tag = tag_it ? Tag{static_cast<u8>(1 + random % (kTagCount - 1))} : kFreeTag;
    ground.arena.record(run.unit).order = static_cast<u8>(run.order);
    UnitRecord& record = ground.arena.record(ground.arena.UnitOf(address));
    record = {.base = address,
              .link = bytes,
              .pages = static_cast<u32>(whole / kPageSize),
              .warm_pages = static_cast<u32>(run.bytes / kPageSize),
              .slots = 0,
              .sides = 0,
              .kind = UnitKind::kLarge,
              .size_class = 0,
              .order = static_cast<u8>(run.order),
              .tag = tag};
    ground.large_bytes.fetch_add(whole, std::memory_order_relaxed);
    if (tag_it) SetTags(record, pages_at, run.bytes);
    else ClearPages(reinterpret_cast<void*>(pages_at), run.bytes);
    void* block = Tags::Pointer(address, tag);
    if (ground.settings.canary) WriteCanary(Behind(record), canary.For(address), CanaryBytes(record));
    return block;
  }

  // The block whose record this is. Its ends have been looked at. False when another thread has freed it meanwhile.
  static bool Free(Ground<P>& ground, UnitRecord& record, u8 random) {
    const u64 pages_at = PagesAt(record), bytes = u64{record.pages} * kPageSize;
    const u32 order = record.order, unit = ground.arena.UnitOf(RunOf(ground, record));
    if (std::atomic_ref(record.kind).exchange(UnitKind::kFreedLarge, std::memory_order_relaxed) != UnitKind::kLarge) return false;
    ground.large_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    if (ground.warm.Keep(ground, pages_at, bytes, u64{record.warm_pages} * kPageSize, unit, order, random)) return true;
    P::Release(pages_at, bytes);
    ground.arena.GiveRun(unit, order);
    return true;
  }

  // To another size, at the same place or another; the block keeps its distance from a page's start, and its tag. It is as it was when this
  // fails. kNotSupported: copy it.
  static Result<void*> Resize(Ground<P>& ground, const Canary& canary, UnitRecord* record, u64 bytes, u8 random) {
    if (bytes > ground.arena.bytes()) return Error::kNotSupported;
    const u64 inset = record->base % kPageSize, at = PagesAt(*record), whole = AlignUp(inset + bytes, kPageSize);
    const u64 have = u64{record->pages} * kPageSize;
    const u64 limit = RunOf(ground, *record) + RunCapacity(record->order);
    if (at + whole > limit) {
      record = TRY(MoveToLongerRun(ground, *record, whole, random));
    } else if (whole > have) {
      ground.MakeRoomFor(whole - have);
      TRY(ground.Commit(at + have, whole - have, MemoryUse::kBlocks));
    } else if (whole < have) {
      P::Release(at + whole, have - whole);
    }
    // The old canary becomes part of the block, or what was the block becomes slack.
    const u64 before = record->link;
    if (bytes >= before) __builtin_memset(Behind(*record), 0, CanaryBytes(*record));
    ground.large_bytes.fetch_add(whole - have, std::memory_order_relaxed);
    record->pages = static_cast<u32>(whole / kPageSize);
    if (record->warm_pages > record->pages) record->warm_pages = record->pages;
    record->link = bytes;
    if (record->tag != kFreeTag) {
      const u64 kept = AlignUp(bytes < before ? bytes : before, kGranule);
      SetTags(*record, record->base + kept, have < whole ? have : whole);
    }
    if (bytes < before) __builtin_memset(Behind(*record), 0, SlackBytes(*record));
    if (ground.settings.canary) WriteCanary(Behind(*record), canary.For(record->base), CanaryBytes(*record));
    return Tags::Pointer(record->base, record->tag);
  }

  // Whether nothing was written before the block, and behind it.
  static bool FrontHolds(const UnitRecord& record) {
    const u64 at = PagesAt(record);
    return record.base == at || IsZero(reinterpret_cast<const void*>(at), record.base - at);
  }
  static bool BackHolds(const Ground<P>& ground, const Canary& canary, const UnitRecord& record) {
    if (!ground.settings.canary) return true;
    const auto* behind = static_cast<const u8*>(Behind(record));
    const u64 count = CanaryBytes(record), rest = SlackBytes(record);
    if (!CanaryHolds(behind, canary.For(record.base), count)) return false;
    for (u64 i = count; i < rest; i++)
      if (behind[i] != 0) return false;
    return true;
  }

 private:
  // The block's tag and that of its slack, from `from` on. The first `used` bytes of its pages may hold anything there, which is cleared; the others
  // have no memory yet, and get what they can of it when they are touched.
  static void SetTags(const UnitRecord& record, u64 from, u64 used) {
    const u64 at = PagesAt(record), last = at + u64{record.pages} * kPageSize, fresh = at + used;
    const u64 begin = record.base, end = begin + AlignUp(record.link, kGranule);
    const bool later = P::TagWhenTouched(at, last - at, record.tag);
    const auto set = [&](u64 first, u64 behind, Tag tag) {
      if (first < from) first = from;
      if (first < fresh && first < behind) Tags::SetAndZero(first, (behind < fresh ? behind : fresh) - first, tag);
      if (first < fresh) first = fresh;
      if (first < behind && later == (tag == kFreeTag)) Tags::Set(first, behind - first, tag);
    };
    set(at, begin, kFreeTag);
    set(begin, end, record.tag);
    set(end, last, kFreeTag);
  }
  static u64 PagesAt(const UnitRecord& record) { return AlignDown(record.base, kPageSize); }
  static u64 SlackBytes(const UnitRecord& record) {
    const u64 end = PagesAt(record) + u64{record.pages} * kPageSize - record.base;
    // Under a tag what is behind the last granule is out of reach, for the program and for us.
    return (record.tag == kFreeTag ? end : AlignUp(record.link, kGranule)) - record.link;
  }
  static u64 CanaryBytes(const UnitRecord& record) {
    const u64 slack = SlackBytes(record);
    return slack < kCanaryBytes ? slack : kCanaryBytes;
  }
  static void* Behind(const UnitRecord& record) { return Tags::Reach(Tags::Pointer(record.base + record.link, record.tag)); }
  static u64 RunOf(const Ground<P>& ground, const UnitRecord& record) {
    return ground.arena.AddressOf(ground.arena.UnitOf(record.base) & ~((u32{1} << record.order) - 1));
  }

  // With room to double, so that a block that grows step by step moves a number of times that grows with the logarithm of its size.
  static Result<UnitRecord*> MoveToLongerRun(Ground<P>& ground, UnitRecord& record, u64 whole, u8 random) {
    // Linux may stop in the middle, and what is put back then would have no tags.
    if (record.tag != kFreeTag && !P::TagsWhenTouched()) return Error::kNotSupported;
    const u64 have = u64{record.pages} * kPageSize;
    const u32 order = RunOrder(2 * whole), unit = TRY(ground.TakeRun(order, random));
    const u64 to = ground.arena.AddressOf(unit);
    ground.MakeRoomFor(whole - have);
    Result<> done = ground.Commit(to + have, whole - have, MemoryUse::kBlocks);
    if (done.ok()) {
      done = P::Move(PagesAt(record), have, to, Contents::kKept);
      if (!done.ok()) P::Release(to + have, whole - have);
    }
    if (!done.ok()) {
      if (done.error() == Error::kExists) return Error::kNotSupported;
      ground.arena.GiveRun(unit, order);
      return done.error();
    }
    UnitRecord& there = ground.arena.record(unit);
    there = record;
    there.base = to + record.base % kPageSize;
    there.order = static_cast<u8>(order);
    record.kind = UnitKind::kFreedLarge;
    ground.arena.GiveRun(ground.arena.UnitOf(RunOf(ground, record)), record.order);
    return &there;
  }
};

}  // namespace caponier::heap
