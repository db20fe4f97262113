#include "lib/archive/writer.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace caponier::archive {

Result<void> ArchiveWriter::Write(Bytes bytes) {
  TRY(sink_.Write(bytes));
  size_ += bytes.size();
  return {};
}

Result<void> ArchiveWriter::WriteZeroes(u64 count) {
  static constexpr std::byte kZeroes[256] = {};
  while (count > 0) {
    u64 part = std::min<u64>(count, sizeof(kZeroes));
    TRY(Write(Bytes(kZeroes, part)));
    count -= part;
  }
  return {};
}

Result<void> ArchiveWriter::WriteRecord(const EntryHead& head, u64 data_size, u64 data_align) {
  const u64 name_offset = size_ + sizeof(RecordHeader);
  const u64 data_offset = AlignUp(name_offset + head.path.size() + 1, data_align);
  // For a page-aligned entry the padding counts as name; otherwise it is the format's own and does not.
  const u64 name_size = data_align > kAlign ? data_offset - name_offset : head.path.size() + 1;
  RecordHeader record;
  __builtin_memcpy(record.magic, kMagic.data(), kMagic.size());
  record.ino.Set(head.ino);
  record.mode.Set(head.mode);
  record.uid.Set(head.uid);
  record.gid.Set(head.gid);
  record.nlink.Set(head.nlink);
  record.mtime.Set(head.mtime);
  record.file_size.Set(static_cast<u32>(data_size));
  record.dev_major.Set(0);
  record.dev_minor.Set(0);
  record.rdev_major.Set(head.rdev.major);
  record.rdev_minor.Set(head.rdev.minor);
  record.name_size.Set(static_cast<u32>(name_size));
  record.nanoseconds.Set(head.mtime_ns);
  TRY(Write(BytesOf(record)));
  TRY(Write(AsBytes(head.path)));
  return WriteZeroes(data_offset - size_);
}

Result<void> ArchiveWriter::Begin(const EntryHead& head, u64 data_size) {
  if (finished_) return Error::kInvalidArgument;
  if (pending_ != 0) return Error::kBusy;
  if (data_size > std::numeric_limits<u32>::max()) return Error::kFileTooLarge;
  if (head.path.empty() || head.path.size() >= kMaxPath || head.path == kTrailerName ||
      head.path.find('\0') != std::string_view::npos) {
    return Error::kInvalidArgument;
  }
  const bool in_place = (head.mode & kTypeMask) == kTypeRegular && data_size != 0;
  TRY(WriteRecord(head, data_size, in_place ? kPageSize : kAlign));
  pending_ = data_size;
  return {};
}

Result<void> ArchiveWriter::Append(Bytes data) {
  if (data.size() > pending_) return Error::kInvalidArgument;
  TRY(Write(data));
  pending_ -= data.size();
  if (pending_ == 0) TRY(WriteZeroes(AlignUp(size_, kAlign) - size_));
  return {};
}

Result<void> ArchiveWriter::Add(const EntryHead& head, Bytes data) {
  TRY(Begin(head, data.size()));
  return Append(data);
}

Result<void> ArchiveWriter::Finish() {
  if (finished_) return Error::kInvalidArgument;
  if (pending_ != 0) return Error::kBusy;
  finished_ = true;
  return WriteRecord({.path = kTrailerName}, 0, kAlign);
}

}  // namespace caponier::archive
