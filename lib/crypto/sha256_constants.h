// SHA-256's round constants, worked out by the compiler.
#pragma once

#include <array>

#include "lib/base/types.h"

namespace caponier::crypto {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes [fips180-4] 4.2.2.
consteval std::array<u32, 64> Sha256RoundConstants() {
  std::array<u32, 64> constants{};
  size_t found = 0;
  for (u32 n = 2; found < 64; n++) {
    bool prime = true;
    for (u32 d = 2; d * d <= n; d++) prime = prime && n % d != 0;
    if (!prime) continue;
    // floor(cbrt(n) * 2^32) = floor(cbrt(n * 2^96)), found bit by bit. n < 2^9, so everything stays below 2^108.
    u64 root = 0;
    for (int bit = 35; bit >= 0; bit--) {
      const u64 candidate = root | (u64{1} << bit);
      const auto square = static_cast<unsigned __int128>(candidate) * candidate;
      if (square * candidate <= static_cast<unsigned __int128>(n) << 96) root = candidate;
    }
    constants[found++] = static_cast<u32>(root);
  }
  return constants;
}
alignas(16) inline constexpr std::array<u32, 64> kSha256Rounds = Sha256RoundConstants();
static_assert(kSha256Rounds[0] == 0x428a2f98 && kSha256Rounds[63] == 0xc67178f2, "[fips180-4] 4.2.2");

}  // namespace caponier::crypto
