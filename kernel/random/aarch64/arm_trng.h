// The firmware's TRNG [arm-trng], where there is one. Callable in stage 1: nothing here has a place of its own.
#pragma once

#include "lib/random/random.h"

namespace caponier::kernel::random {

enum class Conduit : u8 { kHvc, kSmc };  // as the device tree's psci node says
// Harvests the start-up test and with it a seed; nothing when the firmware offers none.
void HarvestArmTrng(::caponier::random::Root& root, Conduit conduit);

}  // namespace caponier::kernel::random
