// [sp800-90b] 6.3.2, the collision estimate; for bits only.
#pragma once

#include "tool/entropy/bit_string.h"

namespace caponier::tool::entropy {

// At least 10 bits.
double Collision(const BitString& bits);

}  // namespace caponier::tool::entropy
