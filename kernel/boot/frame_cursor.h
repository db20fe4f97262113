// Hands out frames that were never used, from a random one on in the order of the memory map, skipping what is reserved. Plain data: stage 1
// starts it and the kernel's frame allocator goes on with it.
#pragma once

#include <span>

#include "kernel/boot/boot_info.h"

namespace caponier::boot {

class FrameCursor {
 public:
  // Begins with frame number `info.first_frame` of those that stage 1 reaches, and comes to those that it does not reach last.
  void Init(const BootInfo& info) {
    *this = {};
    for (u32 i = 0; i < info.ram_count; i++) AddPart(info, info.ram[i], 0, info.early_end);
    early_ = count_;
    for (u32 i = 0; i < info.ram_count; i++) AddPart(info, info.ram[i], info.early_end, ~u64{0});
    StartAt(info.first_frame);
  }
  // 0 when memory is used up.
  u64 Next() {
    for (; range_ < count_; range_++) {
      if (ranges_[range_].bytes < kPageSize) continue;
      const u64 frame = ranges_[range_].base.value;
      ranges_[range_].base += kPageSize;
      ranges_[range_].bytes -= kPageSize;
      left_--;
      return frame;
    }
    return 0;
  }
  // Of a cursor that has handed out nothing: all that stage 1 reaches.
  std::span<const MemoryRange> early() const { return {ranges_, early_}; }
  u64 frames_left() const { return left_; }
  u64 highest_end() const { return highest_; }

  static constexpr u32 kRanges = 64;

 private:
  void AddPart(const BootInfo& info, const MemoryRange& ram, u64 lowest, u64 highest) {
    u64 first = AlignUp(ram.base.value, kPageSize), end = AlignDown(ram.end(), kPageSize);
    if (end > highest_) highest_ = end;  // reserved memory counts: the archive's becomes the files'
    if (first < lowest) first = lowest;
    if (end > highest) end = highest;
    if (first < end) AddPieces(info, first, end);
  }
  void AddPieces(const BootInfo& info, u64 first, u64 end) {
    for (u32 i = 0; i < info.reserved_count; i++) {
      const u64 hole = AlignDown(info.reserved[i].base.value, kPageSize), hole_end = AlignUp(info.reserved[i].end(), kPageSize);
      if (hole_end <= first || hole >= end) continue;
      if (hole > first) AddPieces(info, first, hole);
      if (hole_end < end) AddPieces(info, hole_end, end);
      return;
    }
    Insert(count_, {{first}, end - first});
    left_ += (end - first) / kPageSize;
  }
  void Insert(u32 at, MemoryRange range) {
    if (count_ == kRanges) __builtin_trap();
    for (u32 i = count_++; i > at; i--) ranges_[i] = ranges_[i - 1];
    ranges_[at] = range;
  }
  // Those before that frame come behind the others, those of its own range before it too.
  void StartAt(u64 frame) {
    for (u32 turns = early_; turns > 0; turns--) {
      const MemoryRange first = ranges_[0];
      const u64 skipped = frame * kPageSize;
      if (skipped < first.bytes) {
        if (skipped == 0) return;
        ranges_[0] = {first.base + skipped, first.bytes - skipped};
        return Insert(early_++, {first.base, skipped});
      }
      frame -= first.bytes / kPageSize;
      for (u32 i = 1; i < early_; i++) ranges_[i - 1] = ranges_[i];
      ranges_[early_ - 1] = first;
    }
  }
  MemoryRange ranges_[kRanges];
  u32 count_ = 0, range_ = 0;
  u32 early_ = 0;  // how many of them stage 1 reaches; the first ones
  u64 left_ = 0, highest_ = 0;
};

}  // namespace caponier::boot
