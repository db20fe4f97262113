// AES-256 [fips197], encryption only: that is all counter mode needs. Time does not depend on key or data in any form (forms.h). Each
// form has its own functions (aes256_blocks.h) and may have its own way of writing the expanded key.
#pragma once

#include <array>
#include <span>

#include "lib/base/bytes.h"
#include "lib/crypto/forms.h"

namespace caponier::crypto {

inline constexpr size_t kAesKeyBytes = 32;
inline constexpr size_t kAesBlockBytes = 16;
inline constexpr size_t kAesRounds = 14;

// Room for the largest form: the portable one, eight planes of 64 bits a round key.
using Aes256Schedule = std::array<std::array<u64, 8>, kAesRounds + 1>;

struct Counter128 {
  u64 low = 0, high = 0;
  constexpr bool operator==(const Counter128&) const = default;
  constexpr void Increment() {
    if (++low == 0) high++;
  }
};

enum class CounterOrder : u8 { kBigEndian, kLittleEndian };

class Aes256 {
 public:
  // A form that CanRun says this machine has, else it traps.
  explicit Aes256(std::span<const std::byte, kAesKeyBytes> key, AesForm form = BestForms().aes);
  Aes256(const Aes256&) = delete;
  Aes256& operator=(const Aes256&) = delete;
  ~Aes256();

  // Encrypts every block in place, each by itself. The size is a multiple of 16 bytes, else it traps.
  void EncryptBlocks(MutableBytes blocks) const;
  // Writes the encryptions of `counter` and its successors, of which none wraps its low half. Whole blocks, else it traps.
  void EncryptCounters(Counter128 counter, CounterOrder order, MutableBytes stream) const;

 private:
  alignas(64) Aes256Schedule schedule_;
  AesForm form_;
};

}  // namespace caponier::crypto
