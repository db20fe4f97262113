// Fortuna's generator [fsk] 9.4: AES-256 over a 128-bit counter, with a new key after every request.
//
// What stays true: a key serves one request of at most 2^20 bytes, so its output differs from random bits with advantage about
// (2^16)^2 / 2^129 = 2^-97; afterwards that key exists nowhere, so whoever reads this object learns nothing of earlier output. The
// counter is never reset; it is zero exactly while nothing has seeded the generator.
#pragma once

#include "lib/crypto/counter_mode.h"
#include "lib/crypto/secret.h"

namespace caponier::fortuna {

inline constexpr size_t kMaxRequestBytes = size_t{1} << 20;

class Generator {
 public:
  constexpr Generator() = default;
  bool seeded() const { return counter_ != crypto::Counter128{}; }
  // The new key is Hd(old key || seed): adding a seed, even a hostile one, never takes anything away.
  void Reseed(Bytes seed);
  // Traps when not seeded. A longer request is served as several.
  void Fill(MutableBytes output);

 private:
  crypto::Secret<crypto::kAesKeyBytes> key_;
  crypto::Counter128 counter_;
};

}  // namespace caponier::fortuna
