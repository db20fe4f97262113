// `caponier entropy`.
#pragma once

#include "tool/entropy/options.h"

namespace caponier::tool::entropy {

// Does what was asked for and prints it. 0, or 1 when the samples failed a test that was asked for.
int Run(const Options& options);

}  // namespace caponier::tool::entropy
