#include "lib/crypto/sha256.h"

#include <algorithm>

#include "lib/crypto/sha256_blocks.h"

namespace caponier::crypto {

static_assert(Sha256InitialState()[0] == 0x6a09e667 && Sha256InitialState()[7] == 0x5be0cd19, "[fips180-4] 5.3.3");

void Sha256::Absorb(Bytes data) {
  const size_t held = length_bytes_ % kSha256BlockBytes;
  length_bytes_ += data.size();
  if (held != 0) {
    const size_t taken = std::min(data.size(), kSha256BlockBytes - held);
    __builtin_memcpy(partial_.data() + held, data.data(), taken);
    data = data.subspan(taken);
    if (held + taken < kSha256BlockBytes) return;
    Sha256Blocks(BestForms().sha, state_, partial_);
  }
  const size_t whole = data.size() / kSha256BlockBytes * kSha256BlockBytes;
  if (whole != 0) Sha256Blocks(BestForms().sha, state_, data.first(whole));
  const Bytes rest = data.subspan(whole);
  if (!rest.empty()) __builtin_memcpy(partial_.data(), rest.data(), rest.size());
}

void Sha256::Finish(std::span<std::byte, kSha256Bytes> digest) {
  // Padding [fips180-4] 5.1.1: a one bit, zeros, and the length in bits as 64 bits.
  const Be64 length_bits(length_bytes_ * 8);
  constexpr std::array<std::byte, kSha256BlockBytes> kPadding{std::byte{0x80}};
  const size_t held = length_bytes_ % kSha256BlockBytes;
  const size_t padding = (held < 56 ? 56 : 120) - held;
  Absorb(Bytes(kPadding).first(padding));  // 1 to 64 bytes
  Absorb(BytesOf(length_bits));
  for (size_t i = 0; i < state_.size(); i++) {
    const Be32 word(state_[i]);
    __builtin_memcpy(digest.data() + 4 * i, &word, sizeof(word));
  }
  Wipe();
  state_ = Sha256InitialState();
}

void Sha256::Wipe() {
  SecureWipe(WritableBytesOf(state_));
  SecureWipe(partial_);
  length_bytes_ = 0;
}

}  // namespace caponier::crypto
