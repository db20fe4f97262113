// [sp800-90b] 6.3.3, the Markov estimate; for bits only.
#pragma once

#include "tool/entropy/bit_string.h"

namespace caponier::tool::entropy {

// At least two bits.
double Markov(const BitString& bits);

}  // namespace caponier::tool::entropy
