// SHA-256 with Armv8's cryptographic extension [arm-arm] C7.2 "SHA256H": each pair of instructions makes four rounds.
#include "lib/crypto/sha256_blocks.h"

#if defined(CAPONIER_CRYPTO_ARM)
#include <arm_neon.h>

#include "lib/crypto/sha256_constants.h"

#pragma clang attribute push(__attribute__((target("sha2"))), apply_to = function)

namespace caponier::crypto {

void Sha256BlocksArmv8(std::span<u32, 8> state, Bytes blocks) {
  uint32x4_t abcd = vld1q_u32(state.data()), efgh = vld1q_u32(state.data() + 4);
  for (; blocks.size() >= 64; blocks = blocks.subspan(64)) {
    const uint32x4_t abcd_before = abcd, efgh_before = efgh;
    uint32x4_t w[4];
    for (size_t i = 0; i < 4; i++) {
      const auto* from = reinterpret_cast<const u8*>(blocks.data() + 16 * i);
      w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(from)));
    }
#pragma clang loop unroll(full)
    for (size_t four = 0; four < 16; four++) {
      uint32x4_t& mine = w[four % 4];
      const uint32x4_t added = vaddq_u32(mine, vld1q_u32(kSha256Rounds.data() + 4 * four));
      const uint32x4_t abcd_old = abcd;
      abcd = vsha256hq_u32(abcd, efgh, added);
      efgh = vsha256h2q_u32(efgh, abcd_old, added);
      if (four < 12) mine = vsha256su1q_u32(vsha256su0q_u32(mine, w[(four + 1) % 4]), w[(four + 2) % 4], w[(four + 3) % 4]);
    }
    abcd = vaddq_u32(abcd, abcd_before);
    efgh = vaddq_u32(efgh, efgh_before);
  }
  vst1q_u32(state.data(), abcd);
  vst1q_u32(state.data() + 4, efgh);
}

}  // namespace caponier::crypto

#pragma clang attribute pop
#endif
