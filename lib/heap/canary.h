// What stands behind a block's last byte and is looked at when the block is freed: 8 bytes that depend on a secret and on where they stand.
// Under tags it is what remains of the last granule. The first byte is never zero, so that the commonest overflow of all, the zero
// behind a string, is always found; any other single byte passes unseen one time in 128.
#pragma once

#include <array>
#include <cstddef>

#include "lib/base/types.h"

namespace caponier::heap {

inline constexpr u64 kCanaryBytes = 8;

class Canary {
 public:
  // Both are made odd: with the multiplier no bit of the address is lost, and with the addend the canary of an even address is odd, so that
  // its first byte is not zero.
  void Draw(u64 addend, u64 multiplier) {
    addend_ = addend | 1;
    multiplier_ = multiplier | 1;
  }
  // Of the block at `address`, a multiple of a granule.
  u64 For(u64 address) const { return address * multiplier_ + addend_; }

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

// Whether of a slot's last 8 bytes those are zero that its block's canary, which holds, does not reach. From kMostMasked bytes of slack on
// it reaches none. Which they are is looked up, without a branch.
inline constexpr u64 kMostMasked = 128;
inline constexpr auto kBehindCanary = [] {
  std::array<u8, kMostMasked + kCanaryBytes> mask{};
  for (u64 i = 2 * kCanaryBytes; i < mask.size(); i++) mask[i] = 0xff;
  return mask;
}();
[[gnu::always_inline]] inline bool SlotEndHolds(const void* slot_end, u64 slack) {
  u64 found, mask;
  __builtin_memcpy(&found, static_cast<const u8*>(slot_end) - kCanaryBytes, kCanaryBytes);
  __builtin_memcpy(&mask, kBehindCanary.data() + slack, kCanaryBytes);
  return (found & mask) == 0;
}

// The same for what remains of a block's last granule behind `end`, which is inside of it: the canary, where there is room for all of it, and what
// there is room for once more, so that both end with the granule; or its first bytes. Words are written, in which the block's own bytes
// become zero unless they are to be kept.
enum class OwnBytes : u8 { kZero, kKept };
[[gnu::always_inline]] inline void WriteTail(void* end, u64 canary, OwnBytes own) {
  const auto place = reinterpret_cast<u64>(end);
  const int shift = static_cast<int>(8 * place & 63);
  auto* last = static_cast<std::byte*>(end) - place % 16 + 8;
  u64 word = canary;
  if ((place & 8) == 0) {
    __builtin_memcpy(end, &canary, sizeof(canary));
  } else {
    word <<= shift;
    if (own == OwnBytes::kKept) {
      u64 before;
      __builtin_memcpy(&before, last, sizeof(before));
      word |= before & ((u64{1} << shift) - 1);
    }
  }
  __builtin_memcpy(last, &word, sizeof(word));
}
[[gnu::always_inline]] inline bool TailHolds(const void* end, u64 canary) {
  const auto place = reinterpret_cast<u64>(end);
  const int shift = static_cast<int>(8 * place & 63);
  u64 word;
  __builtin_memcpy(&word, static_cast<const std::byte*>(end) - place % 16 + 8, sizeof(word));
  if ((place & 8) != 0) return (word ^ canary << shift) >> shift == 0;
  u64 first;
  __builtin_memcpy(&first, end, sizeof(first));
  return ((first ^ canary) << shift | (word ^ canary)) == 0;
}

}  // namespace caponier::heap
