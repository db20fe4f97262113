// The registers of a thread that no trap frame holds: segment bases.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

// The program's GS base, which lies aside while the kernel uses its own.
u64 ProgramGsBase();
void SetProgramGsBase(u64 value);

}  // namespace caponier::arch
