// Memory: protections, mapping flags and advice of mmap(2) and its family.
//
// Every constant keeps its Linux name behind a k. Each list below defines the constants, names them for traces (trace.h), and is
// checked, entry by entry and for both architectures, against the system's headers (conformance/).
#pragma once

#include "lib/linux_abi/constant.h"

// mmap(2), mprotect(2). PROT_BTI and PROT_MTE exist on AArch64 alone.
#define CAPONIER_LINUX_PROTECTIONS(X) \
  X(PROT_READ, 0x1) \
  X(PROT_WRITE, 0x2) \
  X(PROT_EXEC, 0x4) \
  X(PROT_SEM, 0x8) \
  X(PROT_GROWSDOWN, 0x1000000) \
  X(PROT_GROWSUP, 0x2000000)
#define CAPONIER_LINUX_PROTECTIONS_AARCH64(X) \
  X(PROT_BTI, 0x10) \
  X(PROT_MTE, 0x20)

// No access at all.
#define CAPONIER_LINUX_PROTECTION_NONE(X) \
  X(PROT_NONE, 0x0)

// mmap(2): the kind of mapping, one value of the field MAP_TYPE.
#define CAPONIER_LINUX_MAP_TYPES(X) \
  X(MAP_SHARED, 0x1) \
  X(MAP_PRIVATE, 0x2) \
  X(MAP_SHARED_VALIDATE, 0x3)

// mmap(2): flags.
#define CAPONIER_LINUX_MAP_FLAGS(X) \
  X(MAP_FIXED, 0x10) \
  X(MAP_ANONYMOUS, 0x20) \
  X(MAP_GROWSDOWN, 0x100) \
  X(MAP_DENYWRITE, 0x800) \
  X(MAP_EXECUTABLE, 0x1000) \
  X(MAP_LOCKED, 0x2000) \
  X(MAP_NORESERVE, 0x4000) \
  X(MAP_POPULATE, 0x8000) \
  X(MAP_NONBLOCK, 0x10000) \
  X(MAP_STACK, 0x20000) \
  X(MAP_HUGETLB, 0x40000) \
  X(MAP_SYNC, 0x80000) \
  X(MAP_FIXED_NOREPLACE, 0x100000) \
  X(MAP_UNINITIALIZED, 0x4000000)
#define CAPONIER_LINUX_MAP_FLAGS_X86_64(X) \
  X(MAP_32BIT, 0x40)

// The field of MAP_TYPES, and the place of the huge page size.
#define CAPONIER_LINUX_MAP_FIELDS(X) \
  X(MAP_TYPE, 0xf) \
  X(MAP_HUGE_SHIFT, 0x1a) \
  X(MAP_HUGE_MASK, 0x3f)

// mremap(2).
#define CAPONIER_LINUX_MREMAP_FLAGS(X) \
  X(MREMAP_MAYMOVE, 0x1) \
  X(MREMAP_FIXED, 0x2) \
  X(MREMAP_DONTUNMAP, 0x4)

// madvise(2).
#define CAPONIER_LINUX_ADVICE(X) \
  X(MADV_NORMAL, 0) \
  X(MADV_RANDOM, 1) \
  X(MADV_SEQUENTIAL, 2) \
  X(MADV_WILLNEED, 3) \
  X(MADV_DONTNEED, 4) \
  X(MADV_FREE, 8) \
  X(MADV_REMOVE, 9) \
  X(MADV_DONTFORK, 10) \
  X(MADV_DOFORK, 11) \
  X(MADV_MERGEABLE, 12) \
  X(MADV_UNMERGEABLE, 13) \
  X(MADV_HUGEPAGE, 14) \
  X(MADV_NOHUGEPAGE, 15) \
  X(MADV_DONTDUMP, 16) \
  X(MADV_DODUMP, 17) \
  X(MADV_WIPEONFORK, 18) \
  X(MADV_KEEPONFORK, 19) \
  X(MADV_COLD, 20) \
  X(MADV_PAGEOUT, 21) \
  X(MADV_POPULATE_READ, 22) \
  X(MADV_POPULATE_WRITE, 23) \
  X(MADV_DONTNEED_LOCKED, 24) \
  X(MADV_COLLAPSE, 25) \
  X(MADV_HWPOISON, 100) \
  X(MADV_SOFT_OFFLINE, 101)

// msync(2).
#define CAPONIER_LINUX_MSYNC_FLAGS(X) \
  X(MS_ASYNC, 0x1) \
  X(MS_INVALIDATE, 0x2) \
  X(MS_SYNC, 0x4)

// mlockall(2).
#define CAPONIER_LINUX_MLOCKALL_FLAGS(X) \
  X(MCL_CURRENT, 0x1) \
  X(MCL_FUTURE, 0x2) \
  X(MCL_ONFAULT, 0x4)

// mlock2(2).
#define CAPONIER_LINUX_MLOCK_FLAGS(X) \
  X(MLOCK_ONFAULT, 0x1)

// pkey_alloc(2).
#define CAPONIER_LINUX_PKEY_RIGHTS(X) \
  X(PKEY_DISABLE_ACCESS, 0x1) \
  X(PKEY_DISABLE_WRITE, 0x2)

// memfd_create(2).
#define CAPONIER_LINUX_MEMFD_FLAGS(X) \
  X(MFD_CLOEXEC, 0x1) \
  X(MFD_ALLOW_SEALING, 0x2) \
  X(MFD_HUGETLB, 0x4)

// All of the above: only what stands here is defined, and everything that is defined is checked.
#define CAPONIER_LINUX_MEMORY_FLAGS_ALL(X) \
  CAPONIER_LINUX_PROTECTIONS(X) \
  CAPONIER_LINUX_PROTECTION_NONE(X) \
  CAPONIER_LINUX_MAP_TYPES(X) \
  CAPONIER_LINUX_MAP_FLAGS(X) \
  CAPONIER_LINUX_MAP_FIELDS(X) \
  CAPONIER_LINUX_MREMAP_FLAGS(X) \
  CAPONIER_LINUX_ADVICE(X) \
  CAPONIER_LINUX_MSYNC_FLAGS(X) \
  CAPONIER_LINUX_MLOCKALL_FLAGS(X) \
  CAPONIER_LINUX_MLOCK_FLAGS(X) \
  CAPONIER_LINUX_PKEY_RIGHTS(X) \
  CAPONIER_LINUX_MEMFD_FLAGS(X)
#define CAPONIER_LINUX_MEMORY_FLAGS_ALL_BY_ARCH(X)
#define CAPONIER_LINUX_MEMORY_FLAGS_ALL_X86_64(X) \
  CAPONIER_LINUX_MAP_FLAGS_X86_64(X)
#define CAPONIER_LINUX_MEMORY_FLAGS_ALL_AARCH64(X) \
  CAPONIER_LINUX_PROTECTIONS_AARCH64(X)

namespace caponier::linux_abi {
CAPONIER_LINUX_MEMORY_FLAGS_ALL(CAPONIER_ABI_CONSTANT)
namespace x86_64 {
CAPONIER_LINUX_MEMORY_FLAGS_ALL_X86_64(CAPONIER_ABI_CONSTANT)
}  // namespace x86_64
namespace aarch64 {
CAPONIER_LINUX_MEMORY_FLAGS_ALL_AARCH64(CAPONIER_ABI_CONSTANT)
}  // namespace aarch64
}  // namespace caponier::linux_abi
