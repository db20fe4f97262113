// [sp800-90b] 6.3.8, the lag prediction estimate: the symbol of d steps ago is predicted, for d from 1 to `depth`.
#pragma once

#include <span>

#include "tool/entropy/bit_string.h"
#include "tool/entropy/prediction.h"

namespace caponier::tool::entropy {

inline constexpr unsigned kLagDepth = 128;

Predictions Lag(std::span<const u8> symbols, unsigned depth = kLagDepth);
Predictions Lag(const BitString& bits, unsigned depth = kLagDepth);

}  // namespace caponier::tool::entropy
