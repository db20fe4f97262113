// Structures that differ by architecture: linux_abi::x86_64::Stat, linux_abi::aarch64::Stat, and linux_abi::native::Stat for the
// architecture this is compiled for. Checked against both systems' headers (conformance/arch_types.cc).
#pragma once

#include "lib/linux_abi/constant.h"
#include "lib/linux_abi/types.h"

namespace caponier::linux_abi {

namespace x86_64 {
struct Stat {
  u64 dev = 0, ino = 0, nlink = 0;
  u32 mode = 0, uid = 0, gid = 0, pad0 = 0;
  u64 rdev = 0;
  i64 size = 0, blksize = 0, blocks = 0;
  Timespec atime, mtime, ctime;
  i64 unused[3] = {};
};
struct [[gnu::packed]] EpollEvent {
  u32 events = 0;
  u64 data = 0;
};
struct SemidDs {
  IpcPerm perm;
  i64 otime = 0, unused1 = 0, ctime = 0, unused2 = 0;
  u64 nsems = 0;
  u64 unused[2] = {};
};
inline constexpr char kMachineName[] = "x86_64";  // uname(2), AT_PLATFORM
inline constexpr u32 kAuditArch = 0xc000003e;     // siginfo of SIGSYS
}  // namespace x86_64

namespace aarch64 {
struct Stat {
  u64 dev = 0, ino = 0;
  u32 mode = 0, nlink = 0, uid = 0, gid = 0;
  u64 rdev = 0, pad1 = 0;
  i64 size = 0;
  i32 blksize = 0, pad2 = 0;
  i64 blocks = 0;
  Timespec atime, mtime, ctime;
  u32 unused4 = 0, unused5 = 0;
};
struct EpollEvent {
  u32 events = 0, padding = 0;
  u64 data = 0;
};
struct SemidDs {
  IpcPerm perm;
  i64 otime = 0, ctime = 0;
  u64 nsems = 0;
  u64 unused[2] = {};
};
inline constexpr char kMachineName[] = "aarch64";  // uname(2), AT_PLATFORM
inline constexpr u32 kAuditArch = 0xc00000b7;      // siginfo of SIGSYS
}  // namespace aarch64

static_assert(sizeof(x86_64::Stat) == 144 && sizeof(aarch64::Stat) == 128);
static_assert(sizeof(x86_64::EpollEvent) == 12 && sizeof(aarch64::EpollEvent) == 16);

}  // namespace caponier::linux_abi
