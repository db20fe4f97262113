// `caponier check`.
#pragma once

#include "tool/command_line.h"

namespace caponier::tool {

// Prints what PROGRAM needs and what of it is missing; 0 when it can run, though calls that the machine lacks may fail in it (1 for
// those under --strict). Throws Failure with 126 and 127 as `run` would.
int Check(const CheckOptions& options);

}  // namespace caponier::tool
