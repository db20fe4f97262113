// Fast key erasure: a key makes 512 bytes of AES-256 counter mode; the first 32 are the next key, the rest wait to be drawn and are
// wiped as they are. A request larger than that gets a key of its own, at most 2^20 bytes a key. So after a draw neither its key
// nor its bytes are anywhere but with the caller.
//
// The buffer knows nothing of where keys come from, and holds no pointer. One belongs to one user at a time: a stream, a thread, a CPU.
// A draw that is interrupted and taken up in a copy of the process or the machine would give the copy the same bytes; noticing that is
// for the owner, who knows what tells copies apart.
#pragma once

#include "lib/crypto/counter_mode.h"
#include "lib/crypto/secret.h"
#include "lib/crypto/sha256.h"

namespace caponier::random {

class Erasing {
 public:
  static constexpr size_t kRefillBytes = 512;
  static constexpr size_t kReadyBytes = kRefillBytes - crypto::kAesKeyBytes;

  // Drops what waits, and takes a key made from the domain, the key before and `fresh`: the key before is in it so that whoever knows
  // all fresh bytes cannot take over a buffer that he has not read.
  void Rekey(std::span<const std::byte, crypto::kSha256Bytes> domain, std::span<const std::byte, crypto::kAesKeyBytes> fresh);
  // After the first Rekey.
  void Fill(MutableBytes output);

 private:
  void Refill();
  void TakeReady(MutableBytes output);
  void FillLarge(MutableBytes output);

  size_t ready_ = 0;                    // bytes at the end of block_ that wait to be drawn; the rest of it is zeros, save the key
  crypto::Secret<kRefillBytes> block_;  // key, then bytes ready to be drawn
};

}  // namespace caponier::random
