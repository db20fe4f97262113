// A named stream of random bytes. Each has its own key, made from a fresh draw from the root, its earlier key and its purpose: what one
// purpose leaks says nothing of another.
//
// Keys are erased as they are used (erasing.h). When the root has reseeded since, the stream drops what waits and re-keys first. A
// stream has one user at a time; CPUs or threads that share a purpose each open one of their own, and need no lock to draw.
#pragma once

#include <string_view>

#include "lib/random/erasing.h"
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

  // std::uniform_random_bit_generator, for shuffles and distributions.
  using result_type = u64;
  static constexpr u64 min() { return 0; }
  static constexpr u64 max() { return ~u64{0}; }
  u64 operator()() { return Next(); }

  // The root stands at another address now; its state is the same.
  void Rebind(Root& root) { root_ = &root; }

 private:
  explicit Stream(Root& root) : root_(&root) {}
  void Rekey();

  Root* root_;
  u64 generation_ = 0;
  crypto::Secret<crypto::kSha256Bytes> domain_;  // digest of the purpose
  Erasing bytes_;
};

}  // namespace caponier::random
