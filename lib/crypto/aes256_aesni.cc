// AES-256 with AES-NI [intel-sdm] vol. 1 12.13: one block a vector, and the key expansion of all x86 forms.
#include "lib/crypto/aes256_blocks.h"

#if defined(CAPONIER_CRYPTO_X86)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("aes,ssse3,sse4.1"))), apply_to = function)

#include "lib/crypto/aes256_lanes.h"

namespace caponier::crypto {
namespace {

struct Lanes128 {
  using Vector = __m128i;
  static constexpr size_t kBlocks = 1;
  static Vector Load(const std::byte* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
  static void Store(std::byte* to, Vector x) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), x); }
  static Vector Broadcast(const std::byte* key) { return Load(key); }
  static Vector Xor(Vector a, Vector b) { return _mm_xor_si128(a, b); }
  static Vector Round(Vector x, Vector key) { return _mm_aesenc_si128(x, key); }
  static Vector LastRound(Vector x, Vector key) { return _mm_aesenclast_si128(x, key); }
  static Vector Counters(Counter128 c) { return _mm_set_epi64x(static_cast<long long>(c.high), static_cast<long long>(c.low)); }
  static Vector Add(Vector x, size_t n) { return _mm_add_epi64(x, _mm_set_epi64x(0, static_cast<long long>(n))); }
  static Vector Swap(Vector x) { return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)); }
};

// Four words of [fips197] 5.2 at once: each is the one eight places before, plus all before it in its four, plus `mixed`.
__m128i NextFour(__m128i eight_before, __m128i mixed) {
  __m128i sum = eight_before;
  sum = _mm_xor_si128(sum, _mm_slli_si128(sum, 4));
  sum = _mm_xor_si128(sum, _mm_slli_si128(sum, 8));
  return _mm_xor_si128(sum, mixed);
}

}  // namespace

void Aes256ExpandAesNi(std::span<const std::byte, kAesKeyBytes> key, Aes256Schedule& schedule) {
  // The last round of the cipher over four equal columns is SubBytes: ShiftRows changes nothing. It adds the round constant too.
  const __m128i last_word = _mm_set1_epi32(0x0f0e0d0c), last_word_rotated = _mm_set1_epi32(0x0c0f0e0d);
  auto* keys = reinterpret_cast<std::byte*>(schedule.data());
  __m128i even = Lanes128::Load(key.data()), odd = Lanes128::Load(key.data() + kAesBlockBytes);
  Lanes128::Store(keys, even);
  Lanes128::Store(keys + kAesBlockBytes, odd);
  int round_constant = 1;
  for (size_t round = 2; round <= kAesRounds; round += 2, round_constant <<= 1) {
    even = NextFour(even, _mm_aesenclast_si128(_mm_shuffle_epi8(odd, last_word_rotated), _mm_set1_epi32(round_constant)));
    Lanes128::Store(keys + round * kAesBlockBytes, even);
    if (round == kAesRounds) break;
    odd = NextFour(odd, _mm_aesenclast_si128(_mm_shuffle_epi8(even, last_word), _mm_setzero_si128()));
    Lanes128::Store(keys + (round + 1) * kAesBlockBytes, odd);
  }
}

void Aes256BlocksAesNi(const Aes256Schedule& schedule, MutableBytes blocks) { EncryptAll<Lanes128>(schedule, blocks); }
void Aes256CountersAesNi(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream) {
  CountAll<Lanes128>(schedule, counter, order, stream);
}

}  // namespace caponier::crypto

#pragma clang attribute pop
#endif
