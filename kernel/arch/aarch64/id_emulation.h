// Reads of the processor's ID registers from the program, which Linux promises with HWCAP_CPUID [linux-cpu-feature-registers].
#pragma once

#include "kernel/arch/machine.h"

namespace caponier::arch {

// When the instruction at the fault reads an ID register, carries it out and returns true.
bool EmulateIdRegisterRead(TrapFrame& frame, u64 syndrome);

}  // namespace caponier::arch
