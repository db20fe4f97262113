#include "lib/crypto/aes256_blocks.h"

#if defined(CAPONIER_CRYPTO_VAES)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("aes,avx2,vaes"))), apply_to = function)

#include "lib/crypto/aes256_lanes256.h"

namespace caponier::crypto {

// Both leave no round key and no key stream in a register, as the narrow form.
void Aes256BlocksVaes256(const Aes256Schedule& schedule, MutableBytes blocks) {
  EncryptAll<Lanes256>(schedule, blocks);
  _mm256_zeroall();
}
void Aes256CountersVaes256(const Aes256Schedule& schedule, Counter128 counter, CounterOrder order, MutableBytes stream) {
  CountAll<Lanes256>(schedule, counter, order, stream);
  _mm256_zeroall();
}

}  // namespace caponier::crypto

#pragma clang attribute pop
#endif
