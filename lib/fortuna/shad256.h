// SHAd-256 as Fortuna uses it: Hd(m) = SHA-256(SHA-256(0^512 || m)) [fsk] 5.4.2. The block of zeros in front and the second hash take
// away SHA-256's length extension.
#pragma once

#include <new>

#include "lib/crypto/secret.h"
#include "lib/crypto/sha256.h"

namespace caponier::fortuna {

class Shad256 {
 public:
  constexpr Shad256() = default;
  Shad256(const Shad256&) = delete;
  Shad256& operator=(const Shad256&) = delete;
  ~Shad256() {
    if (begun_) End();
  }
  void Absorb(Bytes data) {
    Begin();
    inner().Absorb(data);
  }
  // Writes the digest, then starts anew.
  void Finish(std::span<std::byte, crypto::kSha256Bytes> digest) {
    Begin();
    crypto::Secret<crypto::kSha256Bytes> first;
    inner().Finish(first.writable());
    crypto::Sha256 outer;
    outer.Absorb(first.bytes());
    outer.Finish(digest);
    End();
  }

 private:
  // The inner hash begins with its first use: an object that is not in use is all zeros, and costs neither time nor room in an image.
  void Begin() {
    if (begun_) return;
    constexpr std::array<std::byte, crypto::kSha256BlockBytes> kZeros{};
    (new (inner_) crypto::Sha256)->Absorb(kZeros);
    begun_ = true;
  }
  void End() {
    inner().~Sha256();
    begun_ = false;
  }
  crypto::Sha256& inner() { return *std::launder(reinterpret_cast<crypto::Sha256*>(inner_)); }

  alignas(crypto::Sha256) std::byte inner_[sizeof(crypto::Sha256)]{};
  bool begun_ = false;
};

}  // namespace caponier::fortuna
