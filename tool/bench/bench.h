// `caponier bench`: the machine beside its peers, measured in turn in one run. A figure is never a verdict: whatever the ratio, the
// exit status is 0 when everything could be measured.
#pragma once

#include "tool/bench/options.h"

namespace caponier::tool {

// Throws Failure when a guest cannot be had or does not do its work.
int Bench(const BenchOptions& options);

}  // namespace caponier::tool
