// Two blocks a vector, with VAES over AVX2's registers [intel-sdm] vol. 1 14.8. To be included where aes256_lanes.h is.
#pragma once

#include <immintrin.h>

#include "lib/crypto/aes256_lanes.h"

namespace caponier::crypto {
namespace {

struct Lanes256 {
  using Vector = __m256i;
  static constexpr size_t kBlocks = 2;
  static Vector Load(const std::byte* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
  static void Store(std::byte* to, Vector x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), x); }
  static Vector Broadcast(const std::byte* key) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(key)));
  }
  static Vector Xor(Vector a, Vector b) { return _mm256_xor_si256(a, b); }
  static Vector Round(Vector x, Vector key) { return _mm256_aesenc_epi128(x, key); }
  static Vector LastRound(Vector x, Vector key) { return _mm256_aesenclast_epi128(x, key); }
  static Vector Counters(Counter128 c) {
    const auto low = static_cast<long long>(c.low), high = static_cast<long long>(c.high);
    return _mm256_add_epi64(_mm256_set_epi64x(high, low, high, low), _mm256_set_epi64x(0, 1, 0, 0));
  }
  static Vector Add(Vector x, size_t n) {
    const auto step = static_cast<long long>(n);
    return _mm256_add_epi64(x, _mm256_set_epi64x(0, step, 0, step));
  }
  static Vector Swap(Vector x) {
    return _mm256_shuffle_epi8(x,
                               _mm256_broadcastsi128_si256(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
  }
};

}  // namespace
}  // namespace caponier::crypto
