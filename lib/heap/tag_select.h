// TagBy of tag_policy.h for whoever draws a tag with every allocation: by two small tables, without a loop whose end the processor would have to
// guess.
#pragma once

#include <array>

#include "lib/heap/tag_policy.h"

namespace caponier::heap {

struct BitTables {
  std::array<u8, 256> count{};
  std::array<std::array<u8, 8>, 256> nth{};  // [byte][rank]: which bit has so many set ones below it
};
inline constexpr BitTables kBitTables = [] {
  BitTables tables;
  for (u32 byte = 0; byte < 256; byte++) {
    for (u8 bit = 0; bit < 8; bit++)
      if ((byte >> bit & 1) != 0) tables.nth[byte][tables.count[byte]++] = bit;
  }
  return tables;
}();

constexpr Tag SelectTag(TagSet allowed, u8 byte) {
  const u32 low = allowed.bits() & 0xff, high = allowed.bits() >> 8, in_low = kBitTables.count[low];
  const u32 count = in_low + kBitTables.count[high], product = byte * count, below = product & 0xff, rank = product >> 8;
  if (below < count && below < 256 % count) [[unlikely]]
    return kFreeTag;
  const bool is_low = rank < in_low;
  return Tag{static_cast<u8>(kBitTables.nth[is_low ? low : high][is_low ? rank : rank - in_low] + (is_low ? 0 : 8))};
}

}  // namespace caponier::heap
