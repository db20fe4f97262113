// A named stream of random bytes. Each has its own key, made from a fresh draw from the root, its earlier key and its purpose: what one
// purpose leaks says nothing of another.
//
// Fast key erasure: a key makes 512 bytes of AES-256 counter mode; the first 32 are the next key, the rest wait to be drawn and are
// wiped as they are. A request larger than that gets a key of its own. So after a draw neither its key nor its bytes are anywhere
// but with the caller. When the root has reseeded since, the stream drops what waits and re-keys first.
#pragma once

#include <string_view>

#include "lib/random/root.h"

namespace caponier::random {

class Stream {
 public:
  // `purpose` separates domains: "layout", "canary", "getrandom", ... The root must outlive the stream or be rebound.
  static Stream Open(Root& root, Seeded, std::string_view purpose);
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) noexcept = default;

  void Fill(MutableBytes output);
  u64 Next();
  // Uniform in [0, bound), without bias. A bound of zero stops the machine.
  u64 Uniform(u64 bound);

  // The root stands at another address now; its state is the same.
  void Rebind(Root& root) { root_ = &root; }

 private:
  static constexpr size_t kRefillBytes = 512;
  static constexpr size_t kReadyBytes = kRefillBytes - crypto::kAesKeyBytes;

  explicit Stream(Root& root) : root_(&root) {}
  void Rekey();
  void Refill();
  void TakeReady(MutableBytes output);
  void FillLarge(MutableBytes output);

  Root* root_;
  u64 generation_ = 0;
  size_t ready_ = 0;  // bytes at the end of block_ that wait to be drawn; the rest of it is zeros, save the key
  crypto::Secret<crypto::kSha256Bytes> domain_;  // digest of the purpose
  crypto::Secret<kRefillBytes> block_;           // key, then bytes ready to be drawn
};

}  // namespace caponier::random
