// AES-256 with Armv8's cryptographic extension [arm-arm] C7.2 "AESE", "AESMC": AESE adds the round key first and leaves MixColumns to
// the next instruction, so that the rounds are cut elsewhere than on x86.
#include "lib/crypto/aes256_blocks.h"

#if defined(CAPONIER_CRYPTO_ARM)
#include <arm_neon.h>

#include <bit>

#pragma clang attribute push(__attribute__((target("aes"))), apply_to = function)

namespace caponier::crypto {
namespace {

constexpr size_t kInFlight = 8;

const u8* Keys(const Aes256Schedule& schedule) { return reinterpret_cast<const u8*>(schedule.data()); }

template <size_t kVectors>
[[gnu::always_inline]] inline void EncryptVectors(const u8* keys, uint8x16_t (&x)[kVectors]) {
#pragma clang loop unroll(full)
  for (size_t round = 0; round + 1 < kAesRounds; round++) {
    const uint8x16_t key = vld1q_u8(keys + round * kAesBlockBytes);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < kVectors; i++) x[i] = vaesmcq_u8(vaeseq_u8(x[i], key));
  }
  const uint8x16_t before_last = vld1q_u8(keys + (kAesRounds - 1) * kAesBlockBytes);
  const uint8x16_t last = vld1q_u8(keys + kAesRounds * kAesBlockBytes);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) x[i] = veorq_u8(vaeseq_u8(x[i], before_last), last);
}

template <size_t kVectors>
[[gnu::always_inline]] inline void CounterGroup(const u8* keys, Counter128 counter, CounterOrder order, u8* stream) {
  uint8x16_t x[kVectors];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) {
    const u64 low = counter.low + i;
    x[i] = order == CounterOrder::kLittleEndian ? vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(counter.high)))
                                                : vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(__builtin_bswap64(counter.high)),
                                                                                    vcreate_u64(__builtin_bswap64(low))));
  }
  EncryptVectors(keys, x);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kVectors; i++) vst1q_u8(stream + i * kAesBlockBytes, x[i]);
}

// SubWord [fips197] 5.2: AESE with a key of zeros over four equal columns, which ShiftRows leaves as they are.
u32 SubWord(u32 word) {
  const uint8x16_t substituted = vaeseq_u8(vreinterpretq_u8_u32(vdupq_n_u32(word)), vdupq_n_u8(0));
  return vgetq_lane_u32(vreinterpretq_u32_u8(substituted), 0);
}

}  // namespace

void Aes256ExpandArmv8(std::span<const std::byte, kAesKeyBytes> key, Aes256Schedule& schedule) {
  u32 w[4 * (kAesRounds + 1)];
  __builtin_memcpy(w, key.data(), kAesKeyBytes);
  u32 round_constant = 1;
  for (size_t i = 8; i < std::size(w); i++) {
    u32 word = w[i - 1];
    if (i % 8 == 0) {
      word = SubWord(std::rotr(word, 8)) ^ round_constant;  // RotWord on a little-endian word
      round_constant <<= 1;
    } else if (i % 8 == 4) {
      word = SubWord(word);
    }
    w[i] = w[i - 8] ^ word;
  }
  __builtin_memcpy(schedule.data(), w, sizeof(w));
  SecureWipe(WritableBytesOf(w));
}

void Aes256BlocksArmv8(const Aes256Schedule& schedule, MutableBytes blocks) {
  for (size_t at = 0; at < blocks.size(); at += kAesBlockBytes) {
    auto* block = reinterpret_cast<u8*>(blocks.data() + at);
    uint8x16_t x[1] = {vld1q_u8(block)};
    EncryptVectors(Keys(schedule), x);
    vst1q_u8(block, x[0]);
  }
}

void Aes256CountersArmv8(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream) {
  auto* at = reinterpret_cast<u8*>(stream.data());
  size_t left = stream.size() / kAesBlockBytes;
  for (; left >= kInFlight; left -= kInFlight, counter.low += kInFlight, at += kInFlight * kAesBlockBytes)
    CounterGroup<kInFlight>(Keys(schedule), counter, order, at);
  for (; left > 0; left--, counter.low++, at += kAesBlockBytes) CounterGroup<1>(Keys(schedule), counter, order, at);
}

}  // namespace caponier::crypto

#pragma clang attribute pop
#endif
