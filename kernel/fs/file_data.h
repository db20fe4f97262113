// The bytes of a regular file: a list of frames, with holes. Frames of the archive are used where they lie.
//
// What stays true: every byte of a frame past the file's end is zero; a frame that some mapping executes is never written: the
// file gets a copy and the mapping keeps the old contents, so that no alias makes executable memory writable. A mapped page holds
// its own reference to its frame, so the file's may go at any time; RegularFile has the mappings let go of it as well.
#pragma once

#include "kernel/mm/address_space.h"
#include "kernel/mm/user_copy.h"
#include "lib/base/result.h"
#include "lib/base/types.h"
#include "lib/base/vector.h"

namespace caponier::fs {

class FileData {
 public:
  FileData() = default;
  FileData(const FileData&) = delete;
  ~FileData();

  // Takes over `count` consecutive frames, one reference each, as the contents of an empty file. The bytes of the last frame past
  // `size` must be zero.
  void Adopt(PhysAddr first, u64 count, u64 size);

  u64 size() const { return size_; }
  u64 present_pages() const { return present_; }

  // At most to the end of the file; 0 at and past it.
  Result<u64> Read(mm::IoBuffer& to, u64 offset);
  // Extends the file as needed. A short count when memory ran out or `from` became unreadable after the first byte.
  Result<u64> Write(mm::IoBuffer& from, u64 offset);
  Result<void> Truncate(u64 size);
  // Fills the holes of a range with zero pages; `extend` moves the end of the file there.
  Result<void> Allocate(u64 offset, u64 bytes, bool extend);
  // Makes a range read as zeroes, dropping whole pages.
  Result<void> Punch(u64 offset, u64 bytes);
  // The first byte at or after `offset` that lies in data, or in a hole (the end of the file counts as one).
  u64 NextData(u64 offset) const;  // kNone when none follows
  u64 NextHole(u64 offset) const;
  static constexpr u64 kNone = ~u64{0};

  // As mm::PageSource::Page.
  Result<PhysAddr> Page(u64 index, bool for_write);
  bool IsPresent(u64 index) const { return index < PagesFor(size_) && FrameAt(index) != kHole; }

 private:
  static constexpr u32 kHole = 0;  // frame 0 never holds file data

  u32 FrameAt(u64 index) const;
  Result<void> MakeTable();
  Result<void> SetFrame(u64 index, PhysAddr frame);
  void DropFrom(u64 index);
  Result<PhysAddr> WritableFrame(u64 index, bool* fresh);
  Result<void> ZeroWithin(u64 index, u64 begin, u64 end);
  Result<void> ZeroGap(u64 from, u64 to);

  u64 size_ = 0;
  u64 present_ = 0;    // frames held
  u32 run_first_ = 0;  // frames of the archive, in order, until a table is needed
  u32 run_count_ = 0;
  Vector<u32> table_;  // frame numbers
};

}  // namespace caponier::fs
