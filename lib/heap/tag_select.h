// TagBy of tag_policy.h for whoever draws a tag with every allocation: by two small tables, without a loop whose end the processor would have to
// guess.
#pragma once

#include <array>

#include "lib/heap/tag_policy.h"

namespace caponier::heap {

// By which of tags 0 to 7, or 8 to 15, are taken: those that are not, in a row of 4 bits each, and how many they are in the four highest bits.
struct TagRows {
  std::array<u64, 128> low{};  // without tag 0, which always is
  std::array<u64, 256> high{};
};
inline constexpr TagRows kTagRows = [] {
  TagRows rows;
  const auto row = [](u32 first, u32 end, u32 taken) {
    u64 tags = 0, count = 0;
    for (u32 tag = first; tag < end; tag++)
      if ((taken >> (tag - first) & 1) == 0) tags |= u64{tag} << 4 * count++;
    return tags | count << 60;
  };
  for (u32 taken = 0; taken < rows.low.size(); taken++) rows.low[taken] = row(1, 8, taken);
  for (u32 taken = 0; taken < rows.high.size(); taken++) rows.high[taken] = row(8, 16, taken);
  return rows;
}();

// What came of it: a tag; that taking one by this byte would not be fair; or nothing.
enum class Selected : u8 { kTag, kAgain, kNothing };
struct Selection {
  Selected what;
  Tag tag;
};

// Of the tags whose bits, 16 + t, are 0 in `taken`, the one that TagBy takes by this byte. Nothing when none is left, and for byte 0, so that whoever
// has a row of random bytes can have one at its end, and looks whether it has come to it no earlier.
[[gnu::always_inline]] constexpr Selection SelectTag(u32 taken, u8 byte) {
  const u64 low = kTagRows.low[taken >> 17 & 127], high = kTagRows.high[taken >> 24];
  const u64 in_low = low >> 60, count = in_low + (high >> 60);
  const u64 product = byte * count, below = product & 0xff, rank = product >> 8;
  if (below <= count) [[unlikely]] {
    if (byte == 0 || count == 0) return {Selected::kNothing, kFreeTag};
    if (below < 256 % count) return {Selected::kAgain, kFreeTag};
  }
  // At most 14 tags stand before the one that is wanted, so what comes of the counts is not reached.
  const u64 tags = low | high << 4 * in_low;
  return {Selected::kTag, Tag{static_cast<u8>(tags >> 4 * rank & 15)}};
}

}  // namespace caponier::heap
