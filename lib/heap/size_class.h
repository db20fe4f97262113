// Size classes: every multiple of a granule up to 128 bytes, then four to a doubling up to 256 KiB, so that a slot is at most a quarter
// larger than what is asked of it. What is larger is a large block, mapped for itself.
#pragma once

#include <array>
#include <bit>

#include "lib/base/types.h"

namespace caponier::heap {

// What one memory tag covers [arm-arm] D10.1; also the alignment of every block.
inline constexpr u64 kGranule = 16;
inline constexpr u32 kLinearClasses = 8;
inline constexpr u64 kLinearBytes = kLinearClasses * kGranule;
inline constexpr u64 kMaxSlotBytes = 256 * kKiB;
inline constexpr u32 kClassCount = kLinearClasses + 4 * (std::bit_width(kMaxSlotBytes) - std::bit_width(kLinearBytes));

constexpr u32 SlotBytes(u32 size_class) {
  if (size_class < kLinearClasses) return static_cast<u32>((size_class + 1) * kGranule);
  const u32 step = size_class - kLinearClasses;
  return static_cast<u32>((5 + step % 4) * (kLinearBytes / 4) << (step / 4));
}

// The smallest class whose slots hold `bytes`, which is at most kMaxSlotBytes. The classes above 128 bytes are the two bits below the
// leading one of bytes - 1.
constexpr u32 ComputeClass(u64 bytes) {
  if (bytes <= kGranule) return 0;
  if (bytes <= kLinearBytes) return static_cast<u32>((bytes - 1) / kGranule);
  const auto leading = static_cast<u32>(std::bit_width(bytes - 1)) - 1;
  return kLinearClasses + 4 * (leading - 7) + static_cast<u32>(((bytes - 1) >> (leading - 2)) & 3);
}

// Most requests are small: theirs is one load.
inline constexpr u64 kTableBytes = 4096;
inline constexpr auto kClassTable = [] {
  std::array<u8, kTableBytes / kGranule + 1> table{};
  for (u64 i = 0; i < table.size(); i++) table[i] = static_cast<u8>(ComputeClass(i * kGranule));
  return table;
}();
constexpr u32 ClassFor(u64 bytes) {
  return bytes <= kTableBytes ? kClassTable[(bytes + kGranule - 1) / kGranule] : ComputeClass(bytes);
}

static_assert(SlotBytes(kClassCount - 1) == kMaxSlotBytes);
static_assert(ComputeClass(kMaxSlotBytes) == kClassCount - 1);

// A slot's number from its offset without a division: (offset / 16 * Reciprocal) >> 31. The product exceeds the true quotient by less than
// one part in 2^31 for each granule of the slot, so it is exact while granules of the slab times granules of the slot stay below
// 2^31: 2^17 (2 MiB) times 2^14 (256 KiB). SizeClass.ReciprocalIsExact tries every slot's both ends.
inline constexpr u32 kReciprocalShift = 31;
inline constexpr u64 kMaxSlabBytes = 2 * kMiB;
constexpr u32 Reciprocal(u32 slot_bytes) {
  const u64 granules = slot_bytes / kGranule;
  return static_cast<u32>(((u64{1} << kReciprocalShift) + granules - 1) / granules);
}
static_assert((kMaxSlabBytes / kGranule) * (kMaxSlotBytes / kGranule) <= u64{1} << kReciprocalShift);

}  // namespace caponier::heap
