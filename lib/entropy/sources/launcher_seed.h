// Bytes that the command that started the machine hands in. They pass through a command line or a file that others may read or keep, and a
// script may hand in the same ones every time: they are mixed in, since that can only help, and never credited.
#pragma once

#include "lib/entropy/source.h"
#include "lib/entropy/sources/handed_bytes.h"

namespace caponier::entropy {

inline constexpr SourceProfile kLauncherSeedProfile{.id = SourceId::kLauncherSeed,
                                                    .name = "launcher-seed",
                                                    .trust = TrustClass::kNobody,
                                                    .sample_bytes = 1,
                                                    .credit = {0},
                                                    .condition = false};

class LauncherSeed {
 public:
  explicit LauncherSeed(MutableBytes seed) : bytes_(seed) {}
  const SourceProfile& profile() const { return kLauncherSeedProfile; }
  std::optional<u64> Sample() { return bytes_.Take(); }
  void Test(u64) { given_ = true; }
  SourceStatus status() const { return given_ ? SourceStatus::kHealthy : SourceStatus::kAbsent; }

 private:
  HandedBytes bytes_;
  bool given_ = false;
};

}  // namespace caponier::entropy
