// AArch64 stage-1 descriptors, 4 KiB granule, 48-bit addresses [arm-arm] D8.3. Pure functions; who may write a table is kernel/mm's
// business.
//
// What stays true: nothing the program can reach is executable by the kernel (PXN) and nothing of the kernel's is executable by
// the program (UXN); with SCTLR_EL1.WXN a writable page is executable by nobody whatever its entry says.
#pragma once

#include "kernel/mm/page_flags.h"
#include "lib/base/types.h"

namespace caponier::arch {

inline constexpr int kMostPageTableLevels = 4;
constexpr int PageTableLevels() { return 4; }
constexpr u64 KernelBase() { return 0xffff'0000'0000'0000; }  // lowest address of the kernel half (TTBR1)
inline constexpr u64 kKernelEnd = 0xffff'ffff'ffff'f000;      // the last page stays absent
inline constexpr u64 kUserEnd = 0x0000'ffff'ffff'f000;        // one past the highest user address (TTBR0), tag byte apart
inline constexpr bool kUserTopByteIgnored = true;             // TCR_EL1.TBI0: the program's addresses may carry a tag
inline constexpr bool kWindowTableMapped = false;             // see OpenGate
inline constexpr bool kSharedRoot = false;                    // the halves hang from two roots

// Whether pages can be mapped tagged. Valid after InitCpu.
bool HasMemoryTags();

// MAIR_EL1 slots, set by boot: the index in an entry means nothing without them.
enum MemoryAttribute : u64 { kAttributeNormal = 0, kAttributeDevice = 1, kAttributeTagged = 2 };

namespace pte {
inline constexpr u64 kPresent = 1u << 0, kTableOrPage = 1u << 1, kUser = 1u << 6, kReadOnly = 1u << 7, kInnerShareable = 3u << 8,
                     kAccessed = 1u << 10, kNotGlobal = 1u << 11, kGuarded = u64{1} << 50, kNoKernelExecute = u64{1} << 53,
                     kNoUserExecute = u64{1} << 54, kTableNoKernelExecute = u64{1} << 59, kTableNoUserExecute = u64{1} << 60;
inline constexpr u64 kParked = 1u << 9;  // in an invalid entry: the frame of a page that may not be accessed
inline constexpr int kAttributeShift = 2;
inline constexpr u64 kAttributeMask = 7u << kAttributeShift;
inline constexpr u64 kAddressMask = 0x0000'ffff'ffff'f000;
}  // namespace pte

constexpr u64 MakeLeaf(PhysAddr frame, mm::PageFlags flags) {
  if (!flags.read) return frame.value | pte::kParked;
  u64 entry = frame.value | pte::kPresent | pte::kTableOrPage | pte::kAccessed | pte::kInnerShareable;
  const MemoryAttribute attribute = flags.device ? kAttributeDevice : flags.tagged ? kAttributeTagged : kAttributeNormal;
  entry |= u64{attribute} << pte::kAttributeShift;
  if (!flags.write) entry |= pte::kReadOnly;
  if (flags.user) entry |= pte::kUser | pte::kNotGlobal;
  if (flags.user || !flags.execute) entry |= pte::kNoKernelExecute;
  if (!flags.user || !flags.execute) entry |= pte::kNoUserExecute;
  // Reserved, and ignored, on a processor without BTI.
  if (flags.guarded) entry |= pte::kGuarded;
  return entry;
}
// Inner entries repeat what holds for everything below them, so that one bad leaf does not open a hole.
constexpr u64 MakeTable(PhysAddr frame, bool user) {
  return frame.value | pte::kPresent | pte::kTableOrPage | (user ? pte::kTableNoKernelExecute : pte::kTableNoUserExecute);
}
constexpr bool IsPresent(u64 entry) { return (entry & pte::kPresent) != 0; }
// Whether a present entry of a table at `level` leads to a table, or to a page at level 0: not to a block.
constexpr bool IsTableOrPage(u64 entry, int) { return (entry & pte::kTableOrPage) != 0; }
// Whether the half that does not have the page could execute it.
constexpr bool OthersExecute(u64 entry) {
  return (entry & ((entry & pte::kUser) != 0 ? pte::kNoKernelExecute : pte::kNoUserExecute)) == 0;
}
constexpr PhysAddr EntryAddress(u64 entry) { return {entry & pte::kAddressMask}; }
constexpr mm::PageFlags EntryFlags(u64 entry) {
  if (!IsPresent(entry)) return {.read = false, .user = true};
  const bool user = (entry & pte::kUser) != 0;
  const u64 attribute = (entry & pte::kAttributeMask) >> pte::kAttributeShift;
  return {.write = (entry & pte::kReadOnly) == 0,
          .execute = (entry & (user ? pte::kNoUserExecute : pte::kNoKernelExecute)) == 0,
          .user = user,
          .device = attribute == kAttributeDevice,
          .tagged = attribute == kAttributeTagged,
          .guarded = (entry & pte::kGuarded) != 0};
}

}  // namespace caponier::arch
