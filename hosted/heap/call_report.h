// Chains of calls in a report. No address is told, only places in modules.
#pragma once

#include <span>
#include <string_view>

#include "lib/base/types.h"

namespace caponier::hosted {

// "caponier-heap: allocated by thread 12:", and a line for each call.
void SayCalls(std::string_view what, u32 thread, std::span<const u64> calls);
void SayNoRecord();

}  // namespace caponier::hosted
