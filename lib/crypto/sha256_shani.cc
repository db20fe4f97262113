// SHA-256 with Intel's SHA extension [intel-sdm] vol. 2 "SHA256RNDS2": one instruction makes two rounds. It wants the state as
// two vectors, A B E F and C D G H with A and C in the highest lane; after two rounds the old A B E F are the new C D G H.
#include "lib/crypto/sha256_blocks.h"

#if defined(CAPONIER_CRYPTO_X86)
#include <immintrin.h>

#include "lib/crypto/sha256_constants.h"

#pragma clang attribute push(__attribute__((target("sha,ssse3,sse4.1"))), apply_to = function)

namespace caponier::crypto {

void Sha256BlocksShaNi(std::span<u32, 8> state, Bytes blocks) {
  const auto word = [&](size_t i) { return static_cast<int>(state[i]); };
  __m128i abef = _mm_set_epi32(word(0), word(1), word(4), word(5));
  __m128i cdgh = _mm_set_epi32(word(2), word(3), word(6), word(7));
  const __m128i big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  for (; blocks.size() >= 64; blocks = blocks.subspan(64)) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];  // sixteen words of the message schedule, replaced as they are used up
    for (size_t i = 0; i < 4; i++) {
      const auto* from = reinterpret_cast<const __m128i*>(blocks.data() + 16 * i);
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(from), big_endian);
    }
#pragma clang loop unroll(full)
    for (size_t four = 0; four < 16; four++) {
      __m128i& mine = w[four % 4];
      const auto* constants = reinterpret_cast<const __m128i*>(kSha256Rounds.data() + 4 * four);
      const __m128i added = _mm_add_epi32(mine, _mm_load_si128(constants));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_unpackhi_epi64(added, added));
      if (four >= 12) continue;
      const __m128i &next = w[(four + 1) % 4], &third = w[(four + 2) % 4], &last = w[(four + 3) % 4];
      const __m128i seven_before = _mm_alignr_epi8(last, third, 4);
      mine = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(mine, next), seven_before), last);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  state[0] = static_cast<u32>(_mm_extract_epi32(abef, 3));
  state[1] = static_cast<u32>(_mm_extract_epi32(abef, 2));
  state[2] = static_cast<u32>(_mm_extract_epi32(cdgh, 3));
  state[3] = static_cast<u32>(_mm_extract_epi32(cdgh, 2));
  state[4] = static_cast<u32>(_mm_extract_epi32(abef, 1));
  state[5] = static_cast<u32>(_mm_extract_epi32(abef, 0));
  state[6] = static_cast<u32>(_mm_extract_epi32(cdgh, 1));
  state[7] = static_cast<u32>(_mm_extract_epi32(cdgh, 0));
}

}  // namespace caponier::crypto

#pragma clang attribute pop
#endif
