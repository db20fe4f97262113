// What stands behind a block's last byte and is looked at when the block is freed: 8 bytes that depend on a secret and on where they stand.
// Under tags it is what remains of the last granule. The first byte is never zero, so that the commonest overflow of all, the zero
// behind a string, is always found; any other single byte passes unseen one time in 128.
#pragma once

#include "lib/base/types.h"

namespace caponier::heap {

inline constexpr u64 kCanaryBytes = 8;

class Canary {
 public:
  // Both are made odd: with the multiplier no bit of the address is lost, and with both the product of an even address is odd, so that its
  // first byte is not zero.
  void Draw(u64 addend, u64 multiplier) {
    addend_ = addend | 1;
    multiplier_ = multiplier | 1;
  }
  // Of the block at `address`, a multiple of a granule.
  u64 For(u64 address) const { return (address + addend_) * multiplier_; }

 private:
  u64 addend_ = 1, multiplier_ = 1;
};

inline void WriteCanary(void* at, u64 canary, u64 bytes) {
  if (bytes == kCanaryBytes) {
    __builtin_memcpy(at, &canary, kCanaryBytes);
    return;
  }
  for (u64 i = 0; i < bytes; i++) static_cast<u8*>(at)[i] = static_cast<u8>(canary >> (8 * (i % kCanaryBytes)));
}

inline bool CanaryHolds(const void* at, u64 canary, u64 bytes) {
  if (bytes == kCanaryBytes) {
    u64 found;
    __builtin_memcpy(&found, at, kCanaryBytes);
    return found == canary;
  }
  for (u64 i = 0; i < bytes; i++)
    if (static_cast<const u8*>(at)[i] != static_cast<u8>(canary >> (8 * (i % kCanaryBytes)))) return false;
  return true;
}

// The last 8 bytes of a slot with so much slack, at least kCanaryBytes of it: the canary's end, as far as it reaches there, and zeros.
constexpr u64 SlotEnd(u64 canary, u64 slack) { return slack < 2 * kCanaryBytes ? canary >> (8 * slack & 63) : 0; }
inline bool SlotEndHolds(const void* slot_end, u64 canary, u64 slack) {
  u64 found;
  __builtin_memcpy(&found, static_cast<const u8*>(slot_end) - kCanaryBytes, kCanaryBytes);
  return found == SlotEnd(canary, slack);
}

// The same for what remains of a block's last granule, of which the block has the first `used` bytes, 1 to 15: as two words.
struct CanaryTail {
  u64 low, high;
};
constexpr CanaryTail TailOf(u64 canary, u64 used) {
  const auto shift = static_cast<int>(8 * (used & 7));
  return used < 8 ? CanaryTail{canary << shift, __builtin_rotateleft64(canary, shift)} : CanaryTail{0, canary << shift};
}
// The block's own bytes there become zero.
inline void WriteTail(void* granule, u64 canary, u64 used) {
  const CanaryTail tail = TailOf(canary, used);
  __builtin_memcpy(granule, &tail, sizeof(tail));
}
inline bool TailHolds(const void* granule, u64 canary, u64 used) {
  CanaryTail found;
  __builtin_memcpy(&found, granule, sizeof(found));
  const CanaryTail tail = TailOf(canary, used);
  const int shift = static_cast<int>(8 * (used & 7));
  return used < 8 ? (((found.low ^ tail.low) >> shift) | (found.high ^ tail.high)) == 0 : (found.high ^ tail.high) >> shift == 0;
}

}  // namespace caponier::heap
