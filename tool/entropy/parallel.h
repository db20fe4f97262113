// Independent pieces of work, on all processors.
#pragma once

#include <functional>
#include <vector>

namespace caponier::tool::entropy {

// Runs all, each once, in the order given as processors become free; the longest first is best. What the first failing one throws
// comes out after all have ended.
void RunAll(const std::vector<std::function<void()>>& tasks);

// How many run at once.
unsigned Processors();

}  // namespace caponier::tool::entropy
