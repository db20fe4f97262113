// Comparisons of 64 bytes at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

using Bytes64 [[gnu::vector_size(64)]] = u8;
using Flags64 = bool __attribute__((ext_vector_type(64)));

// Bit i of the result: whether a[i] == b[i], or a[i] <= b[i]. 64 bytes are readable at each.
[[gnu::always_inline]] inline u64 EqualBytes(const u8* a, const u8* b) {
  Bytes64 x, y;
  std::memcpy(&x, a, sizeof(x));
  std::memcpy(&y, b, sizeof(y));
  return __builtin_bit_cast(u64, __builtin_convertvector(x == y, Flags64));
}
[[gnu::always_inline]] inline u64 BytesAtMost(const u8* a, const u8* b) {
  Bytes64 x, y;
  std::memcpy(&x, a, sizeof(x));
  std::memcpy(&y, b, sizeof(y));
  return __builtin_bit_cast(u64, __builtin_convertvector(x <= y, Flags64));
}

// The 64 bytes from `at` on: where they are, or a copy with zeros beyond the end.
class Block64 {
 public:
  [[gnu::always_inline]] Block64(std::span<const u8> data, size_t at) : bytes_(data.data() + at) {
    if (data.size() - at >= 64) [[likely]]
      return;
    std::copy(data.begin() + static_cast<std::ptrdiff_t>(at), data.end(), copy_.begin());
    std::fill(copy_.begin() + static_cast<std::ptrdiff_t>(data.size() - at), copy_.end(), u8{0});
    bytes_ = copy_.data();
  }
  Block64(const Block64&) = delete;
  Block64& operator=(const Block64&) = delete;
  const u8* bytes() const { return bytes_; }

 private:
  const u8* bytes_;
  std::array<u8, 64> copy_;
};

}  // namespace caponier::tool::entropy
