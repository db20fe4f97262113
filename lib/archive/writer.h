// Writes a "newc" cpio archive into a sink, without seeking or allocating.
//
// A regular file's data starts on a page boundary of the archive: its name is followed by as many NULs as that takes, which
// every reader takes for a longer name with the same text. A kernel that received the archive on a page boundary can then map
// the file's pages where they lie. The bytes behind a file up to the next page belong to the next entry's header, so a mapper
// must copy the last page when it is not full: it would show the program other bytes than zeroes.
#pragma once

#include <string_view>

#include "lib/archive/newc.h"
#include "lib/base/result.h"

namespace caponier::archive {

class Sink {
 public:
  virtual Result<void> Write(Bytes bytes) = 0;

 protected:
  ~Sink() = default;
};

struct EntryHead {
  std::string_view path;  // as the reader describes it; "." for the root
  u32 mode = 0;
  u32 uid = 0;
  u32 gid = 0;
  u32 mtime = 0;
  u32 mtime_ns = 0;
  u32 nlink = 1;
  u32 ino = 0;  // entries with nlink > 1 and the same ino are one file; its data goes with the last
  DeviceNumber rdev = {};
};

class ArchiveWriter {
 public:
  explicit ArchiveWriter(Sink& sink) : sink_(sink) {}

  // Starts an entry of `data_size` bytes, which then come through Append() in any pieces. kInvalidArgument for a path that the
  // reader would refuse, kFileTooLarge for 4 GiB and more, kBusy while the entry before lacks bytes.
  Result<void> Begin(const EntryHead& head, u64 data_size);
  Result<void> Append(Bytes data);
  // Begin and Append at once.
  Result<void> Add(const EntryHead& head, Bytes data);
  // The trailer. Nothing may follow.
  Result<void> Finish();

  u64 size() const { return size_; }  // bytes written so far

 private:
  Result<void> Write(Bytes bytes);
  Result<void> WriteZeroes(u64 count);
  Result<void> WriteRecord(const EntryHead& head, u64 data_size, u64 data_align);

  Sink& sink_;
  u64 size_ = 0;
  u64 pending_ = 0;
  bool finished_ = false;
};

}  // namespace caponier::archive
