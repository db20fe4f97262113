// A string of symbols packed into 64-bit words, the first bit of each symbol highest, so that comparing numbers compares strings.
//
// The estimators of binary data work on 64 bits at a time; the suffix sorter compares 64 bits of any symbol width at once.
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

class BitString {
 public:
  BitString() = default;
  // The low `width` bits (1 to 8) of each symbol, one after the other.
  static BitString Pack(std::span<const u8> symbols, unsigned width);

  u64 size() const { return size_; }  // bits
  unsigned operator[](u64 at) const { return static_cast<unsigned>(words_[at / 64] >> (63 - at % 64)) & 1; }
  // The 64 bits from `at` (at most size()) on, the first one highest; zeros beyond the end.
  u64 Window(u64 at) const {
    const u64 word = at / 64, shift = at % 64;
    return (words_[word] << shift) | (words_[word + 1] >> 1 >> (63 - shift));
  }
  u64 CountOnes() const;
  // One bit a byte, as the suffix array library wants it.
  std::vector<u8> Unpack() const;

 private:
  std::vector<u64> words_ = std::vector<u64>(2);  // two words past the last bit are readable and zero
  u64 size_ = 0;
};

}  // namespace caponier::tool::entropy
