// `caponier check`.
#pragma once

#include "tool/command_line.h"

namespace caponier::tool {

// Prints what PROGRAM needs and what of it is missing; 0 when it can run, 1 when something is missing. Throws Failure with 126
// and 127 as `run` would.
int Check(const CheckOptions& options);

}  // namespace caponier::tool
