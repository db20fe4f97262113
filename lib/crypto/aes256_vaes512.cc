// Four blocks a vector, with VAES over AVX-512's registers. aes256_lanes_test.cc runs the same templates over a vector of this width
// that is made of two narrow ones, so that only the intrinsics below are left untried where the processor has no AVX-512.
#include "lib/crypto/aes256_blocks.h"

#if defined(CAPONIER_CRYPTO_VAES)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("aes,avx2,avx512f,avx512bw,vaes"))), apply_to = function)

#include "lib/crypto/aes256_lanes.h"

namespace caponier::crypto {
namespace {

struct Lanes512 {
  using Vector = __m512i;
  static constexpr size_t kBlocks = 4;
  static Vector Load(const std::byte* from) { return _mm512_loadu_si512(from); }
  static void Store(std::byte* to, Vector x) { _mm512_storeu_si512(to, x); }
  static Vector Broadcast(const std::byte* key) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(key)));
  }
  static Vector Xor(Vector a, Vector b) { return _mm512_xor_si512(a, b); }
  static Vector Round(Vector x, Vector key) { return _mm512_aesenc_epi128(x, key); }
  static Vector LastRound(Vector x, Vector key) { return _mm512_aesenclast_epi128(x, key); }
  static Vector Counters(Counter128 c) {
    const auto low = static_cast<long long>(c.low), high = static_cast<long long>(c.high);
    return _mm512_add_epi64(_mm512_set4_epi64(high, low, high, low), _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
  }
  static Vector Add(Vector x, size_t n) {
    const auto step = static_cast<long long>(n);
    return _mm512_add_epi64(x, _mm512_set4_epi64(0, step, 0, step));
  }
  static Vector Swap(Vector x) {
    return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
  }
};

// As the narrow forms do; vzeroall does not reach the upper sixteen.
void ClearWideVectors() {
  _mm256_zeroall();
  asm volatile(
      "vpxorq %%zmm16, %%zmm16, %%zmm16\n vpxorq %%zmm17, %%zmm17, %%zmm17\n vpxorq %%zmm18, %%zmm18, %%zmm18\n"
      "vpxorq %%zmm19, %%zmm19, %%zmm19\n vpxorq %%zmm20, %%zmm20, %%zmm20\n vpxorq %%zmm21, %%zmm21, %%zmm21\n"
      "vpxorq %%zmm22, %%zmm22, %%zmm22\n vpxorq %%zmm23, %%zmm23, %%zmm23\n vpxorq %%zmm24, %%zmm24, %%zmm24\n"
      "vpxorq %%zmm25, %%zmm25, %%zmm25\n vpxorq %%zmm26, %%zmm26, %%zmm26\n vpxorq %%zmm27, %%zmm27, %%zmm27\n"
      "vpxorq %%zmm28, %%zmm28, %%zmm28\n vpxorq %%zmm29, %%zmm29, %%zmm29\n vpxorq %%zmm30, %%zmm30, %%zmm30\n"
      "vpxorq %%zmm31, %%zmm31, %%zmm31"
      :
      :
      : "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28",
        "xmm29", "xmm30", "xmm31");
}

}  // namespace

void Aes256BlocksVaes512(const Aes256Schedule& schedule, MutableBytes blocks) {
  EncryptAll<Lanes512>(schedule, blocks);
  ClearWideVectors();
}
void Aes256CountersVaes512(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream) {
  CountAll<Lanes512>(schedule, counter, order, stream);
  ClearWideVectors();
}

}  // namespace caponier::crypto

#pragma clang attribute pop
#endif
