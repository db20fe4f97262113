// The "newc" cpio record, [initramfs] "Buffer format": thirteen numbers of eight hexadecimal digits, then the name with its NUL
// padded to a multiple of four, then the data padded to a multiple of four. The archive ends with an entry of a fixed name.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/bytes.h"

namespace caponier::archive {

inline constexpr std::string_view kMagic = "070701";
inline constexpr std::string_view kTrailerName = "TRAILER!!!";
inline constexpr u64 kAlign = 4;
inline constexpr size_t kMaxPath = 4096;  // with its NUL, as Linux's PATH_MAX

struct Hex {
  char digits[8];

  constexpr std::optional<u32> Get() const {
    u32 value = 0;
    for (char c : digits) {
      u32 digit;
      if (c >= '0' && c <= '9') {
        digit = static_cast<u32>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        digit = static_cast<u32>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        digit = static_cast<u32>(c - 'A' + 10);
      } else {
        return std::nullopt;
      }
      value = value << 4 | digit;
    }
    return value;
  }
  constexpr void Set(u32 value) {
    for (int i = 7; i >= 0; i--, value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  }
};

struct RecordHeader {
  char magic[6];
  Hex ino, mode, uid, gid, nlink, mtime, file_size, dev_major, dev_minor, rdev_major, rdev_minor, name_size, nanoseconds;
};
static_assert(sizeof(RecordHeader) == 110 && alignof(RecordHeader) == 1);

// File types in `mode`, as Linux writes them, [initramfs] and inode(7).
inline constexpr u32 kTypeMask = 0170000;
inline constexpr u32 kTypeRegular = 0100000;
inline constexpr u32 kTypeDirectory = 0040000;
inline constexpr u32 kTypeSymlink = 0120000;
inline constexpr u32 kTypeCharacter = 0020000;
inline constexpr u32 kTypeBlock = 0060000;
inline constexpr u32 kTypeFifo = 0010000;
inline constexpr u32 kTypeSocket = 0140000;

// The last field is a checksum in the format's other form ("070702") and unused in this one. Our writer puts the nanoseconds of the
// time there, where other readers look at nothing; from other writers anything that cannot be nanoseconds counts as none.
inline constexpr u32 kNanosecondsEnd = 1'000'000'000;

struct DeviceNumber {
  u32 major = 0;
  u32 minor = 0;
  friend bool operator==(const DeviceNumber&, const DeviceNumber&) = default;
};

}  // namespace caponier::archive
