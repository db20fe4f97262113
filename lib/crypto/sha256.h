// SHA-256 [fips180-4] over bytes that arrive in parts.
//
// The state may hold secrets (a Fortuna pool, a key being derived), so it is never copied and is wiped when it ends. What turns
// whole blocks into a new state stands in one function per kind of machine, declared in sha256_blocks.h.
#pragma once

#include <array>
#include <span>

#include "lib/base/bytes.h"

namespace caponier::crypto {

inline constexpr size_t kSha256Bytes = 32;
inline constexpr size_t kSha256BlockBytes = 64;

// The first 32 bits of the fractional parts of the square roots of the first eight primes [fips180-4] 5.3.3.
constexpr std::array<u32, 8> Sha256InitialState() {
  std::array<u32, 8> state{};
  constexpr u32 kPrimes[8] = {2, 3, 5, 7, 11, 13, 17, 19};
  for (size_t i = 0; i < 8; i++) {
    // floor(sqrt(p) * 2^32) = floor(sqrt(p * 2^64)), found bit by bit; its low 32 bits are the fraction.
    u64 root = 0;
    for (int bit = 34; bit >= 0; bit--) {
      const u64 candidate = root | (u64{1} << bit);
      if (static_cast<unsigned __int128>(candidate) * candidate <= static_cast<unsigned __int128>(kPrimes[i]) << 64)
        root = candidate;
    }
    state[i] = static_cast<u32>(root);
  }
  return state;
}

class Sha256 {
 public:
  constexpr Sha256() = default;
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256() { Wipe(); }

  void Absorb(Bytes data);
  // Writes the digest of all that was absorbed, then starts anew; nothing of the message stays in the object.
  void Finish(std::span<std::byte, kSha256Bytes> digest);

 private:
  void Wipe();

  std::array<u32, 8> state_ = Sha256InitialState();
  u64 length_bytes_ = 0;
  std::array<std::byte, kSha256BlockBytes> partial_{};
};

}  // namespace caponier::crypto
