// What `caponier bench` was asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tool/arch.h"

namespace caponier::tool {

struct BenchOptions {
  enum class What { kBoot, kSyscall, kRun, kLayout, kRandom, kHeap } what = What::kBoot;
  std::optional<Arch> arch = std::nullopt;  // empty: both
  int runs = 0;                             // 0: what the comparison takes by default
  bool json = false;
  std::vector<std::string> libraries = {};  // kHeap: NAME=FILE, allocators besides
  std::string plot = {};                    // kRandom, kHeap: a picture goes there; empty: none
};

}  // namespace caponier::tool
