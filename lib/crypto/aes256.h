// AES-256 [fips197], encryption only: that is all counter mode needs. Time does not depend on key or data on any machine.
// Each kind of machine has its own pair of functions (aes256_blocks.h) and its own form of the expanded key.
#pragma once

#include <array>
#include <span>

#include "lib/base/bytes.h"

namespace caponier::crypto {

inline constexpr size_t kAesKeyBytes = 32;
inline constexpr size_t kAesBlockBytes = 16;
inline constexpr size_t kAesRounds = 14;

// Room for the largest form: the portable one, eight planes of 64 bits a round key.
using Aes256Schedule = std::array<std::array<u64, 8>, kAesRounds + 1>;

class Aes256 {
 public:
  explicit Aes256(std::span<const std::byte, kAesKeyBytes> key);
  Aes256(const Aes256&) = delete;
  Aes256& operator=(const Aes256&) = delete;
  ~Aes256() { SecureWipe(WritableBytesOf(schedule_)); }

  // Encrypts every block in place, each by itself. The size is a multiple of 16 bytes, else it traps.
  void EncryptBlocks(MutableBytes blocks) const;

 private:
  alignas(64) Aes256Schedule schedule_;
};

}  // namespace caponier::crypto
