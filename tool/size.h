// Sizes as people write them: 4096, 64K, 128M, 1G, 512MiB. Powers of two.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/types.h"

namespace caponier::tool {

// Bytes, or nothing when the text is not a size or does not fit 64 bits.
std::optional<u64> ParseSize(std::string_view text);

// The shortest of these forms, rounded up to a tenth: "17.3 MiB".
std::string SizeText(u64 bytes);

}  // namespace caponier::tool
