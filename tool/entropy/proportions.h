// How frequent each symbol is.
#pragma once

#include <span>
#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

// Of each symbol below `alphabet`. NIST's tool adds 1/n for each occurrence, and where expectations decide over bins the rounding that
// comes of it matters; so we add, too.
std::vector<double> Proportions(std::span<const u8> symbols, unsigned alphabet);

}  // namespace caponier::tool::entropy
