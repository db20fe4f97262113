#include "tool/entropy/bit_string.h"

namespace caponier::tool::entropy {

BitString BitString::Pack(std::span<const u8> symbols, unsigned width) {
  BitString out;
  out.size_ = u64{symbols.size()} * width;
  out.words_.assign(out.size_ / 64 + 2, 0);
  const u64 mask = (u64{1} << width) - 1;
  u64 pending = 0, pending_bits = 0, word = 0;
  for (const u8 symbol : symbols) {
    if (pending_bits + width <= 64) {
      pending = pending << (width - 1) << 1 | (symbol & mask);
      pending_bits += width;
    } else {
      // The symbol straddles two words.
      const u64 low = pending_bits + width - 64;
      out.words_[word++] = pending << (width - low) | (symbol & mask) >> low;
      pending = symbol & ((u64{1} << low) - 1);
      pending_bits = low;
    }
  }
  if (pending_bits != 0) out.words_[word] = pending << (64 - pending_bits);
  return out;
}

u64 BitString::CountOnes() const {
  u64 ones = 0;
  for (const u64 word : words_) ones += static_cast<u64>(std::popcount(word));
  return ones;
}

std::vector<u8> BitString::Unpack() const {
  std::vector<u8> out(size_);
  for (u64 i = 0; i < size_; i++) out[i] = static_cast<u8>((*this)[i]);
  return out;
}

}  // namespace caponier::tool::entropy
