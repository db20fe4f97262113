// [sp800-90b] 6.3.9, the MultiMMC prediction estimate: what followed most often on the last d symbols is predicted, for d from 1 to 16.
#pragma once

#include <span>

#include "tool/entropy/bit_string.h"
#include "tool/entropy/prediction.h"

namespace caponier::tool::entropy {

inline constexpr unsigned kMmcDepth = 16;
inline constexpr u32 kMmcEntries = 100000;  // transitions remembered for each d

// At least three symbols.
Predictions MultiMmc(std::span<const u8> symbols, unsigned depth = kMmcDepth, u32 most_entries = kMmcEntries);
// At least 18 bits.
Predictions MultiMmc(const BitString& bits);

}  // namespace caponier::tool::entropy
