#include "lib/crypto/aes256.h"

#include "lib/crypto/aes256_blocks.h"

namespace caponier::crypto {

Aes256::Aes256(std::span<const std::byte, kAesKeyBytes> key) { Aes256ExpandPortable(key, schedule_); }

void Aes256::EncryptBlocks(MutableBytes blocks) const {
  if (blocks.size() % kAesBlockBytes != 0) __builtin_trap();
  Aes256BlocksPortable(schedule_, blocks);
}

}  // namespace caponier::crypto
