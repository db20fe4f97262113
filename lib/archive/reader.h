// Reads a "newc" cpio archive that lies in memory, one entry at a time, trusting none of it.
//
// Each Entry that Next() returns satisfies:
//   - path is relative, in normal form ("a/b": no empty, "." or ".." part, no leading or trailing slash), not empty except for
//     the root directory itself, without NUL, shorter than kMaxPath, each part at most 255 bytes;
//   - [data_offset, data_offset + data_size) lies inside the archive, and `data` is that range;
//   - the type in `mode` is one of the seven of Linux; only regular files and symbolic links have data; a link's data is a
//     text without NUL of 1 to kMaxPath - 1 bytes.
// Entries that share (device, ino) with nlink > 1 are names of one file, whose data comes with the last of them [initramfs]. The
// reader reports them as they stand; the caller, which has the memory for a table, joins them.
#pragma once

#include <optional>
#include <string_view>

#include "lib/archive/newc.h"
#include "lib/base/diagnostics.h"
#include "lib/base/result.h"

namespace caponier::archive {

struct Entry {
  std::string_view path;
  u32 mode = 0;  // type and permissions
  u32 uid = 0;
  u32 gid = 0;
  u32 mtime = 0;  // seconds since 1970
  u32 mtime_ns = 0;
  u32 nlink = 1;
  u32 ino = 0;
  DeviceNumber device;  // where ino counts
  DeviceNumber rdev;    // of a device node
  u64 data_offset = 0;  // in the archive; a multiple of the page size for regular files of our own writer
  u64 data_size = 0;
  Bytes data;

  u32 type() const { return mode & kTypeMask; }
  u32 permissions() const { return mode & ~kTypeMask; }
};

class ArchiveReader {
 public:
  ArchiveReader(Bytes archive, Diagnostics& diagnostics) : archive_(archive), diagnostics_(diagnostics) {}

  // The next entry, or nothing after the trailer. After an error every further call is that error.
  Result<std::optional<Entry>> Next();

 private:
  Result<std::optional<Entry>> Read();
  Error Malformed(std::string_view what, u64 offset) {
    diagnostics_.Malformed(what, offset);
    return Error::kMalformed;
  }
  Result<std::string_view> ReadName(u64 offset, u32 size);
  Result<std::string_view> Normalize(std::string_view name, u64 offset);
  Result<void> CheckContent(const Entry& entry);

  Bytes archive_;
  Diagnostics& diagnostics_;
  u64 at_ = 0;
  bool ended_ = false;
  bool broken_ = false;
};

}  // namespace caponier::archive
