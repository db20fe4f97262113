// `caponier entropy collect`: raw samples of a noise source, one a byte, for assessment. The host's sources are read here; a
// guest's in a machine that boots for it, once or as often as a restart matrix wants.
#pragma once

#include <optional>
#include <string>

#include "tool/arch.h"
#include "tool/machine/qemu.h"

namespace caponier::tool::entropy {

struct CollectOptions {
  std::string source, output;
  u64 count = 0;             // samples, of each restart
  u64 restarts = 1;          // boots of the guest
  std::optional<Arch> arch;  // a guest of this architecture; empty: the host
  Accelerator accelerator = Accelerator::kTcg;
};

// Throws Failure.
void Collect(const CollectOptions& options);

}  // namespace caponier::tool::entropy
