// What `caponier bench` was asked for.
#pragma once

#include <optional>
#include <string>

#include "tool/arch.h"

namespace caponier::tool {

struct BenchOptions {
  enum class What { kBoot, kSyscall, kRun, kLayout, kRandom, kHeap } what = What::kBoot;
  std::optional<Arch> arch = std::nullopt;  // empty: both
  int runs = 0;                             // 0: what the comparison takes by default
  bool json = false;
  std::string plot = {};  // kRandom, kHeap: a picture goes there; empty: none
};

}  // namespace caponier::tool
