// Distributor registers that both versions share [gicv2] 4.3, [gicv3] 12.9; version 3 repeats the first 32 lines' in each processor's
// redistributor, at the same offsets.
#pragma once

#include "kernel/arch/aarch64/device_memory.h"

namespace caponier::drivers::gic {

inline constexpr u64 kControl = 0x0, kType = 0x4, kGroup = 0x80, kSetEnable = 0x100, kClearEnable = 0x180, kSetPending = 0x200,
                     kPriority = 0x400, kTarget = 0x800, kConfiguration = 0xc00, kRoute = 0x6000;
inline constexpr u32 kPrivateLines = 32;
inline constexpr u8 kLinePriority = 0xa0;   // any below the mask; all lines are equal
inline constexpr u32 kPriorityMask = 0xf0;  // lets everything above the idle priority through

// How many lines the distributor implements.
inline u32 LineCount(const std::byte* distributor) { return 32 * ((arch::Load32(distributor + kType) & 31) + 1); }

// An edge from before this is lost, and a device that waits for it to be served makes no other: so the line starts out pending, and
// its driver looks once for nothing at worst.
inline void SetTrigger(std::byte* registers, u32 line, bool edge) {
  std::byte* word = registers + kConfiguration + u64{line / 16} * 4;
  const u32 bit = 2u << (line % 16 * 2);
  const u32 before = arch::Load32(word);
  arch::Store32(word, edge ? before | bit : before & ~bit);
  if (edge) arch::Store32(registers + kSetPending + u64{line / 32} * 4, 1u << (line % 32));
}
inline void MaskAll(std::byte* registers, u32 first, u32 count) {
  for (u32 line = first; line < count; line += 32) arch::Store32(registers + kClearEnable + line / 8, ~0u);
}
inline void Unmask(std::byte* registers, u32 line) {
  arch::Store8(registers + kPriority + line, kLinePriority);
  arch::Store32(registers + kSetEnable + u64{line / 32} * 4, 1u << (line % 32));
}

}  // namespace caponier::drivers::gic
