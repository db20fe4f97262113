// MTE inside the port: set-up, the per-thread mode, and the latched asynchronous fault.
#pragma once

#include "kernel/arch/machine.h"

namespace caponier::arch {

// Once, when the processor tags memory: seeds the tag generator.
void InitTagging(u64 seed);  // 16 bits, not zero
// Makes `control` (Linux's prctl bits, checked) the mode of the program from now on.
void ApplyTaggedAddressControl(u64 control);

extern bool g_async_tag_faults;  // the running thread's mode can latch one
bool TakeLatchedTagFault();
// True once for each asynchronous tag fault of the program.
inline bool AsyncTagFaultPending() { return g_async_tag_faults && TakeLatchedTagFault(); }

}  // namespace caponier::arch
