// [sp800-90b] 6.3.4, the compression estimate; for bits only.
#pragma once

#include <optional>

#include "tool/entropy/bit_string.h"

namespace caponier::tool::entropy {

// `dictionary`: how many blocks of six bits only fill the dictionary (d). Nothing when there are no more blocks than that.
std::optional<double> Compression(const BitString& bits, u64 dictionary = 1000);

}  // namespace caponier::tool::entropy
