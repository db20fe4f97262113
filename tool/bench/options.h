// What `caponier bench` was asked for.
#pragma once

#include <optional>

#include "tool/arch.h"

namespace caponier::tool {

struct BenchOptions {
  enum class What { kBoot, kSyscall, kRun } what = What::kBoot;
  std::optional<Arch> arch = std::nullopt;  // empty: both
  int runs = 0;                             // 0: what the comparison takes by default
  bool json = false;
};

}  // namespace caponier::tool
