// SHAd-256 as Fortuna uses it: Hd(m) = SHA-256(SHA-256(0^512 || m)) [fsk] 5.4.2. The block of zeros in front and the second hash take
// away SHA-256's length extension.
#pragma once

#include "lib/crypto/secret.h"
#include "lib/crypto/sha256.h"

namespace caponier::fortuna {

class Shad256 {
 public:
  constexpr Shad256() = default;
  void Absorb(Bytes data) {
    Begin();
    inner_.Absorb(data);
  }
  // Writes the digest, then starts anew.
  void Finish(std::span<std::byte, crypto::kSha256Bytes> digest) {
    Begin();
    crypto::Secret<crypto::kSha256Bytes> first;
    inner_.Finish(first.writable());
    crypto::Sha256 outer;
    outer.Absorb(first.bytes());
    outer.Finish(digest);
    begun_ = false;
  }

 private:
  // The prefix is hashed on first use, so that an object that was never used costs nothing.
  void Begin() {
    if (begun_) return;
    constexpr std::array<std::byte, crypto::kSha256BlockBytes> kZeros{};
    inner_.Absorb(kZeros);
    begun_ = true;
  }
  crypto::Sha256 inner_;
  bool begun_ = false;
};

}  // namespace caponier::fortuna
