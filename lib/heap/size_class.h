// Size classes: every multiple of a granule up to 128 bytes, then four to a doubling up to 256 KiB, so that a slot is at most a quarter
// larger than what is asked of it. Programs ask for pages, and for pages with a little of their own around them, which without tags is true of
// every page because of its canary: above each power of two from 4 KiB on is a fifth class, an eighth larger. What is larger than all is a
// large block, mapped for itself.
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
inline constexpr u64 kEighthsFrom = 4096;
inline constexpr u32 kFirstOfFive = kLinearClasses + 4 * (std::bit_width(kEighthsFrom) - std::bit_width(kLinearBytes));
inline constexpr u32 kClassCount = kFirstOfFive + 5 * (std::bit_width(kMaxSlotBytes) - std::bit_width(kEighthsFrom));

constexpr u32 SlotBytes(u32 size_class) {
  if (size_class < kLinearClasses) return static_cast<u32>((size_class + 1) * kGranule);
  if (size_class >= kFirstOfFive) {
    const u32 step = size_class - kFirstOfFive;
    return static_cast<u32>((step % 5 == 0 ? 9 : 8 + 2 * (step % 5)) * (kEighthsFrom / 8) << (step / 5));
  }
  const u32 step = size_class - kLinearClasses;
  return static_cast<u32>((5 + step % 4) * (kLinearBytes / 4) << (step / 4));
}

// The smallest class whose slots hold `bytes`, which is at most kMaxSlotBytes. The classes above 128 bytes are the two bits below the
// leading one of bytes - 1, or three where there are five to a doubling.
constexpr u32 ComputeClass(u64 bytes) {
  if (bytes <= kGranule) return 0;
  if (bytes <= kLinearBytes) return static_cast<u32>((bytes - 1) / kGranule);
  const auto leading = static_cast<u32>(std::bit_width(bytes - 1)) - 1;
  if (bytes > kEighthsFrom) {
    const auto eighth = static_cast<u32>((bytes - 1) >> (leading - 3)) & 7;
    return kFirstOfFive + 5 * (leading - (std::bit_width(kEighthsFrom) - 1)) + (eighth < 2 ? eighth : 1 + eighth / 2);
  }
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

// A slot's number from its offset without a division, and whether the offset is a slot's start at all, by one multiplication: with
// slot_bytes = odd * 2^twos, the offset times the inverse of `odd` modulo 2^64 times 2^(32 - twos) is the quotient times 2^32 where there is no
// remainder, and else, as no two offsets below 2^32 have the same product, something else, which turned by 32 bits exceeds every quotient
// [granlund-montgomery] section 9. SizeClass.OnlySlotsStartsHaveNumbers tries every offset.
inline constexpr u64 kMaxSlabBytes = 2 * kMiB;
constexpr u64 Inverse(u32 slot_bytes) {
  const int twos = std::countr_zero(slot_bytes);
  const u64 odd = slot_bytes >> twos;
  u64 inverse = odd;  // right in its lowest three bits, and each step doubles those
  for (int i = 0; i < 5; i++) inverse *= 2 - odd * inverse;
  return inverse << (32 - twos);
}
constexpr u64 SlotNumber(u32 offset, u64 inverse) { return __builtin_rotateright64(offset * inverse, 32); }

}  // namespace caponier::heap
