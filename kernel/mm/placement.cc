// All of the kernel that differs in the test build, so that the rest of it is compiled once.
#include "kernel/mm/placement.h"

namespace caponier::mm {

#if defined(CAPONIER_FIXED_LAYOUT)
const bool kFixedLayout = true;
#else
const bool kFixedLayout = false;
#endif

}  // namespace caponier::mm
