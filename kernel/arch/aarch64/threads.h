// The thread that runs, as the port sees it.
#pragma once

#include "kernel/arch/machine.h"

namespace caponier::arch {

// Before the first SwitchThread it is a state of the port's own.
ThreadState& CurrentState();

}  // namespace caponier::arch
