// [sp800-90b] 6.3.7, the MultiMCW prediction estimate: the most common symbol of the last w is predicted, for four w.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "tool/entropy/bit_string.h"
#include "tool/entropy/prediction.h"

namespace caponier::tool::entropy {

using Windows = std::array<u32, 4>;  // ascending
inline constexpr Windows kWindows{63, 255, 1023, 4095};

// Nothing when there is no symbol after the first full window of each length, where NIST's tool gives up. Symbols are below `alphabet`.
std::optional<Predictions> MultiMcw(std::span<const u8> symbols, unsigned alphabet, const Windows& windows = kWindows);
std::optional<Predictions> MultiMcw(const BitString& bits);

}  // namespace caponier::tool::entropy
