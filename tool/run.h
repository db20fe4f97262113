// `caponier run`.
#pragma once

#include "tool/run_options.h"

namespace caponier::tool {

// Boots, waits, and gives the exit status of the contract. Throws Failure before the machine runs.
int Run(const RunOptions& options);

}  // namespace caponier::tool
