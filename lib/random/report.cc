#include "lib/random/report.h"

namespace caponier::random {

void StopForLostSources() { __builtin_trap(); }
void StopForEmptyRange() { __builtin_trap(); }

}  // namespace caponier::random
