// [sp800-90b] 5.2.1 to 5.2.4: the chi-square tests of the IID claim.
#pragma once

#include <span>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

struct ChiSquare {
  double score = 0;
  i64 freedom = 0;
  double p_value = 1;
  bool passed() const { return p_value >= 0.001; }
};

// Whether a symbol depends on the one before, and whether symbols are as frequent in each tenth of the data as in all of it. Symbols
// are below `alphabet`, which is at least 2.
ChiSquare TestIndependence(std::span<const u8> symbols, unsigned alphabet);
ChiSquare TestGoodnessOfFit(std::span<const u8> symbols, unsigned alphabet);

}  // namespace caponier::tool::entropy
