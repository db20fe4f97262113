// Hands out frames that were never used, in the order of the memory map, skipping what is reserved. Plain data: stage 1 starts it
// and the kernel's frame allocator goes on with it.
#pragma once

#include "kernel/boot/boot_info.h"

namespace caponier::boot {

class FrameCursor {
 public:
  void Init(const BootInfo& info) {
    for (u32 i = 0; i < info.ram_count; i++) {
      const u64 first = AlignUp(info.ram[i].base.value, kPageSize), end = AlignDown(info.ram[i].end(), kPageSize);
      if (first < end) AddPieces(info, first, end);
      if (end > highest_) highest_ = end;  // reserved memory counts: the archive's becomes the files'
    }
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
  u64 frames_left() const { return left_; }
  u64 highest_end() const { return highest_; }

 private:
  void AddPieces(const BootInfo& info, u64 first, u64 end) {
    for (u32 i = 0; i < info.reserved_count; i++) {
      const u64 hole = AlignDown(info.reserved[i].base.value, kPageSize), hole_end = AlignUp(info.reserved[i].end(), kPageSize);
      if (hole_end <= first || hole >= end) continue;
      if (hole > first) AddPieces(info, first, hole);
      if (hole_end < end) AddPieces(info, hole_end, end);
      return;
    }
    if (count_ == kRanges) __builtin_trap();
    ranges_[count_++] = {{first}, end - first};
    left_ += (end - first) / kPageSize;
  }
  static constexpr u32 kRanges = 64;
  MemoryRange ranges_[kRanges];
  u32 count_ = 0, range_ = 0;
  u64 left_ = 0, highest_ = 0;
};

}  // namespace caponier::boot
