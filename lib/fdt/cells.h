// Numbers in a device tree: big-endian words of 32 bits, [dt-v0.4] 2.2.4.
#pragma once

#include <cstring>
#include <optional>

#include "lib/base/bytes.h"

namespace caponier::fdt {

// The number in the first `count` words of `bytes`; nothing when they are too few or the number needs more than 64 bits.
inline std::optional<u64> ReadCells(Bytes bytes, size_t count) {
  if (count == 0 || count > 2 || bytes.size() < 4 * count) return std::nullopt;
  u64 value = 0;
  for (size_t i = 0; i < count; i++) {
    Be32 word;
    __builtin_memcpy(&word, bytes.data() + 4 * i, sizeof(word));
    value = value << 32 | u32{word};
  }
  return value;
}

}  // namespace caponier::fdt
