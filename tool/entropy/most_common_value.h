// [sp800-90b] 6.3.1, the most common value estimate.
#pragma once

#include <span>

#include "lib/base/types.h"
#include "tool/entropy/bit_string.h"

namespace caponier::tool::entropy {

// `symbols` are below `alphabet` (at most 256); bits a symbol.
double MostCommonValue(std::span<const u8> symbols, unsigned alphabet);
double MostCommonValue(const BitString& bits);

}  // namespace caponier::tool::entropy
