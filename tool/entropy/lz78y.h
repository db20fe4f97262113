// [sp800-90b] 6.3.10, the LZ78Y prediction estimate: the most frequent continuation among those of the last 1 to 16 symbols is predicted.
#pragma once

#include <span>

#include "tool/entropy/bit_string.h"
#include "tool/entropy/prediction.h"

namespace caponier::tool::entropy {

inline constexpr unsigned kLzDepth = 16;
inline constexpr u32 kLzEntries = 65536;  // strings remembered

// More than depth + 2 symbols.
Predictions Lz78y(std::span<const u8> symbols, unsigned depth = kLzDepth, u32 most_entries = kLzEntries);
// At least 19 bits.
Predictions Lz78y(const BitString& bits);

}  // namespace caponier::tool::entropy
