// x86-64 page-table entries, of four levels and of five [intel-sdm] vol. 3A 4.5, table 4-20. Who may write a table is kernel/mm's business.
#pragma once

#include "kernel/mm/page_flags.h"
#include "lib/base/types.h"

namespace caponier::arch {

inline constexpr int kMostPageTableLevels = 5;
extern bool g_five_levels;  // CR4.LA57: addresses of 57 bits. Valid after PrepareCpu
inline int PageTableLevels() { return g_five_levels ? 5 : 4; }
// Lowest address of the kernel half.
inline u64 KernelBase() { return g_five_levels ? 0xff00'0000'0000'0000 : 0xffff'8000'0000'0000; }
inline constexpr u64 kKernelEnd = 0xffff'ffff'ffff'f000;  // the last page stays absent
// One past the highest user address, whatever the levels: as on Linux, whose programs may use the bits above.
inline constexpr u64 kUserEnd = 0x0000'7fff'ffff'f000;
inline constexpr bool kUserTopByteIgnored = false;
inline bool HasMemoryTags() { return false; }
inline constexpr bool kWindowTableMapped = true;  // read-only; see OpenGate
inline constexpr bool kSharedRoot = true;         // the program's root table also holds the kernel's upper half

namespace pte {
inline constexpr u64 kPresent = 1u << 0, kWrite = 1u << 1, kUser = 1u << 2, kWriteThrough = 1u << 3, kCacheDisable = 1u << 4,
                     kAccessed = 1u << 5, kDirty = 1u << 6, kLarge = 1u << 7, kGlobal = 1u << 8, kNoExecute = u64{1} << 63;
inline constexpr u64 kParked = 1u << 9;  // software's: the frame of a page that may not be accessed
inline constexpr u64 kAddressMask = 0x000f'ffff'ffff'f000;
}  // namespace pte

constexpr u64 MakeLeaf(PhysAddr frame, mm::PageFlags flags) {
  if (!flags.read) return frame.value | pte::kParked;
  u64 entry = frame.value | pte::kPresent | pte::kAccessed;
  if (flags.write) entry |= pte::kWrite | pte::kDirty;
  if (!flags.execute) entry |= pte::kNoExecute;
  if (flags.user) entry |= pte::kUser;
  if (flags.device) entry |= pte::kCacheDisable | pte::kWriteThrough;
  if (!flags.user) entry |= pte::kGlobal;
  return entry;
}
// Inner entries carry the union of rights; the leaf decides.
constexpr u64 MakeTable(PhysAddr frame, bool user) {
  return frame.value | pte::kPresent | pte::kWrite | pte::kAccessed | (user ? pte::kUser : 0);
}
constexpr bool IsPresent(u64 entry) { return (entry & pte::kPresent) != 0; }
// Whether a present entry of a table at `level` leads to a table, or to a page at level 0: not to a large page.
constexpr bool IsTableOrPage(u64 entry, int level) { return level == 0 || (entry & pte::kLarge) == 0; }
// Whether the half that does not have the page could execute it: an entry does not tell them apart.
constexpr bool OthersExecute(u64) { return false; }
constexpr PhysAddr EntryAddress(u64 entry) { return {entry & pte::kAddressMask}; }
constexpr mm::PageFlags EntryFlags(u64 entry) {
  if (!IsPresent(entry)) return {.read = false, .user = true};
  return {.write = (entry & pte::kWrite) != 0,
          .execute = (entry & pte::kNoExecute) == 0,
          .user = (entry & pte::kUser) != 0,
          .device = (entry & pte::kCacheDisable) != 0};
}

}  // namespace caponier::arch
