// Deterministic randomness, for tests only: the production root and streams over a known seed. Linked as caponier_random_testing, which
// exists on the host alone.
#pragma once

#include "lib/random/random.h"

namespace caponier::random::testing {

class FixedRoot {
 public:
  explicit FixedRoot(u64 seed);
  Root& root() { return root_; }
  Seeded seeded() const { return root_.Proof().value(); }
  // The same seed and the same order of calls give the same streams.
  Stream OpenStream(std::string_view purpose) { return Stream::Open(root_, seeded(), purpose); }

 private:
  Root root_;
};

}  // namespace caponier::random::testing
