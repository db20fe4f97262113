// [sp800-90b] 5.2.5: whether the longest repeated substring is longer than chance allows.
#pragma once

#include <span>

#include "lib/base/types.h"
#include "tool/entropy/repeats.h"

namespace caponier::tool::entropy {

struct LongestRepeat {
  u64 length = 0;          // W
  double collision = 0;    // the probability that two symbols are equal
  double probability = 0;  // of a repeat at least as long
  bool passed = false;
};

LongestRepeat TestLongestRepeat(std::span<const u8> symbols, unsigned alphabet, const Repeats& repeats);

}  // namespace caponier::tool::entropy
