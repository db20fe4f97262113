#include "kernel/fs/file_data.h"

#include <algorithm>

#include "kernel/mm/frames.h"
#include "kernel/mm/window.h"

namespace caponier::fs {
namespace {

constexpr u64 kSizeMax = (u64{1} << 63) - 1;  // off_t

PhysAddr FromNumber(u32 number) { return {u64{number} << kPageBits}; }

Result<PhysAddr> NewFrame() {
  auto frame = mm::AllocateProgramFrame(mm::FrameKind::kFile);
  if (!frame.ok()) return Error::kNoSpace;
  if (frame.value().page_number() == 0 || frame.value().page_number() > ~u32{0}) __builtin_trap();
  return frame;
}

// Of a page that starts at byte `start` of a file, zeroes what lies at or past byte `end` of it.
void ZeroPastEnd(MutableBytes page, u64 start, u64 end) {
  const u64 keep = end > start ? std::min(end - start, kPageSize) : 0;
  __builtin_memset(page.data() + keep, 0, kPageSize - keep);
}

}  // namespace

FileData::~FileData() { DropFrom(0); }

void FileData::Adopt(PhysAddr first, u64 count, u64 size) {
  if (present_ != 0 || size > count * kPageSize || (count != 0 && first.page_number() == 0)) __builtin_trap();
  run_first_ = static_cast<u32>(first.page_number());
  run_count_ = static_cast<u32>(count);
  present_ = count;
  size_ = size;
}

u32 FileData::FrameAt(u64 index) const {
  if (index < run_count_) return run_first_ + static_cast<u32>(index);
  return index < table_.size() ? table_[index] : kHole;
}

// From here on the table says it all.
Result<void> FileData::MakeTable() {
  if (run_count_ == 0) return {};
  TRY(table_.Resize(run_count_));
  for (u32 i = 0; i < run_count_; i++) table_[i] = run_first_ + i;
  run_count_ = 0;
  return {};
}

Result<void> FileData::SetFrame(u64 index, PhysAddr frame) {
  if (!MakeTable().ok()) return Error::kNoSpace;
  if (index >= table_.size()) {
    // A table is a thousandth of its data. A byte written far out may have one that takes up to an eighth of what is free.
    const bool leaps = index > table_.size() * 2 + kPageSize;
    if (leaps && index >= mm::FreeFrames() * (kPageSize / sizeof(u32) / 8)) return Error::kNoSpace;
    if (!table_.Resize(index + 1).ok()) return Error::kNoSpace;
  }
  if (table_[index] == kHole) {
    present_++;
  } else {
    mm::ReleaseFrame(FromNumber(table_[index]));
  }
  table_[index] = static_cast<u32>(frame.page_number());
  return {};
}

void FileData::DropFrom(u64 index) {
  while (run_count_ > index) {
    mm::ReleaseFrame(FromNumber(run_first_ + --run_count_));
    present_--;
  }
  if (table_.size() <= index) return;
  for (u64 i = index; i < table_.size(); i++) {
    if (table_[i] == kHole) continue;
    mm::ReleaseFrame(FromNumber(table_[i]));
    present_--;
  }
  if (index == 0) {
    table_ = Vector<u32>();
  } else {
    table_.Erase(index, table_.size() - index);
  }
}

// The frame that a write to page `index` goes to. A fresh one has undefined contents.
Result<PhysAddr> FileData::WritableFrame(u64 index, bool* fresh) {
  *fresh = false;
  const u32 number = FrameAt(index);
  if (number != kHole && mm::InfoOf(FromNumber(number)).executable_mappings == 0) return FromNumber(number);
  const PhysAddr frame = TRY(NewFrame());
  if (number != kHole) {
    mm::Window to(frame, mm::Window::kWrite), from(FromNumber(number), mm::Window::kRead);
    arch::CopyPage(to.data(), from.data());
  }
  if (auto set = SetFrame(index, frame); !set.ok()) {
    mm::ReleaseFrame(frame);
    return set.error();
  }
  *fresh = number == kHole;
  return frame;
}

Result<u64> FileData::Read(mm::IoBuffer& to, u64 offset) {
  if (offset >= size_) return 0;
  const u64 wanted = std::min(to.remaining(), size_ - offset);
  u64 done = 0;
  while (done < wanted) {
    const u64 at = offset + done, within = at % kPageSize;
    const u64 piece = std::min(wanted - done, kPageSize - within);
    const u32 number = FrameAt(at >> kPageBits);
    Result<void> moved;
    if (number == kHole) {
      moved = to.PutZeroes(piece);
    } else {
      mm::Window window(FromNumber(number), mm::Window::kRead);
      moved = to.Put(window.bytes().subspan(within, piece));
    }
    if (!moved.ok()) {
      if (done != 0) break;
      return moved.error();
    }
    done += piece;
  }
  return done;
}

Result<u64> FileData::Write(mm::IoBuffer& from, u64 offset) {
  u64 end;
  if (!CheckedAdd(offset, from.remaining(), &end) || end > kSizeMax) return Error::kFileTooLarge;
  const u64 wanted = from.remaining();
  if (wanted == 0) return 0;
  if (offset > size_) TRY(ZeroGap(size_, offset));
  u64 done = 0;
  while (done < wanted) {
    const u64 at = offset + done, within = at % kPageSize;
    const u64 piece = std::min(wanted - done, kPageSize - within);
    bool fresh;
    const auto frame = WritableFrame(at >> kPageBits, &fresh);
    Result<void> moved;
    if (frame.ok()) {
      mm::Window window(frame.value(), mm::Window::kWrite);
      // Zeroed even when all of it is about to be written: the copy may fault, and the fault map this very page.
      if (fresh) arch::ZeroPage(window.data());
      moved = from.Take(window.bytes().subspan(within, piece));
      if (!moved.ok()) ZeroPastEnd(window.bytes(), at - within, fresh ? 0 : size_);
    } else {
      moved = frame.error();
    }
    if (!moved.ok()) {
      if (done != 0) break;
      return moved.error();
    }
    done += piece;
    if (at + piece > size_) size_ = at + piece;
  }
  return done;
}

// Zeroes bytes [begin, end) of page `index` when it is present.
Result<void> FileData::ZeroWithin(u64 index, u64 begin, u64 end) {
  if (begin >= end || FrameAt(index) == kHole) return {};
  bool fresh;
  const PhysAddr frame = TRY(WritableFrame(index, &fresh));
  mm::Window window(frame, mm::Window::kWrite);
  __builtin_memset(window.data() + begin, 0, end - begin);
  return {};
}

// The file grows from `from` past `to`: what a shared mapping stored beyond the old end must not come to light.
Result<void> FileData::ZeroGap(u64 from, u64 to) {
  const u64 within = from % kPageSize;
  if (within == 0) return {};
  return ZeroWithin(from >> kPageBits, within, std::min(kPageSize, within + (to - from)));
}

Result<void> FileData::Truncate(u64 size) {
  if (size > kSizeMax) return Error::kFileTooLarge;
  if (size > size_) {
    TRY(ZeroGap(size_, size));
  } else {
    DropFrom(PagesFor(size));
    TRY(ZeroWithin(size >> kPageBits, size % kPageSize, size % kPageSize == 0 ? 0 : kPageSize));
  }
  size_ = size;
  return {};
}

Result<void> FileData::Allocate(u64 offset, u64 bytes, bool extend) {
  u64 end;
  if (!CheckedAdd(offset, bytes, &end) || end > kSizeMax) return Error::kFileTooLarge;
  if (PagesFor(bytes) > mm::FreeFrames()) return Error::kNoSpace;
  if (extend && end > size_) TRY(ZeroGap(size_, end));
  for (u64 index = offset >> kPageBits; index < PagesFor(end); index++) {
    if (FrameAt(index) != kHole) continue;
    bool fresh;
    const PhysAddr frame = TRY(WritableFrame(index, &fresh));
    mm::Window window(frame, mm::Window::kWrite);
    arch::ZeroPage(window.data());
  }
  if (extend && end > size_) size_ = end;
  return {};
}

Result<void> FileData::Punch(u64 offset, u64 bytes) {
  u64 end;
  if (!CheckedAdd(offset, bytes, &end)) end = kSizeMax;
  end = std::min(end, AlignUp(size_, kPageSize));
  if (offset >= end) return {};
  const u64 first = offset >> kPageBits, last = end >> kPageBits;
  if (first == last) return ZeroWithin(first, offset % kPageSize, end % kPageSize);
  TRY(ZeroWithin(last, 0, end % kPageSize));
  u64 index = first;
  if (offset % kPageSize != 0) TRY(ZeroWithin(index++, offset % kPageSize, kPageSize));
  if (!MakeTable().ok()) return Error::kNoSpace;
  for (; index < last && index < table_.size(); index++) {
    if (table_[index] == kHole) continue;
    mm::ReleaseFrame(FromNumber(table_[index]));
    table_[index] = kHole;
    present_--;
  }
  return {};
}

u64 FileData::NextData(u64 offset) const {
  const u64 pages = std::max<u64>(run_count_, table_.size());
  for (u64 index = offset >> kPageBits; index < pages && index < PagesFor(size_); index++) {
    if (FrameAt(index) != kHole) return std::max(offset, index << kPageBits);
  }
  return kNone;
}

u64 FileData::NextHole(u64 offset) const {
  u64 index = offset >> kPageBits;
  while (index < PagesFor(size_) && FrameAt(index) != kHole) index++;
  return std::min(size_, std::max(offset, index << kPageBits));
}

Result<PhysAddr> FileData::Page(u64 index, bool for_write) {
  if (index >= PagesFor(size_)) return Error::kOutOfRange;
  const u32 number = FrameAt(index);
  PhysAddr frame = FromNumber(number);
  if (number == kHole || for_write) {
    bool fresh;
    frame = TRY(WritableFrame(index, &fresh));
    if (fresh) {
      mm::Window window(frame, mm::Window::kWrite);
      arch::ZeroPage(window.data());
    }
  }
  mm::RetainFrame(frame);
  return frame;
}

}  // namespace caponier::fs
