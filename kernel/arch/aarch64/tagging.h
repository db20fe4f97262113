// MTE inside the port: set-up, the per-thread mode, and the latched asynchronous fault.
#pragma once

#include "kernel/arch/machine.h"

namespace caponier::arch {

// Once, when the processor tags memory: seeds the tag generator.
void InitTagging(u64 seed);  // 16 bits, not zero
// Whether every granule of a page keeps a tag of its own. QEMU 7.2's system emulation stores one pair of tags for a whole page: a program that
// tags its heap there dies of a false mismatch, so such a machine counts as one without tags. Needs frames and windows.
bool TagMemoryWorks();
// Makes `control` (Linux's prctl bits, checked) the mode of the program from now on.
void ApplyTaggedAddressControl(u64 control);

extern bool g_async_tag_faults;  // the running thread's mode can latch one
bool TakeLatchedTagFault();
// True once for each asynchronous tag fault of the program.
inline bool AsyncTagFaultPending() { return g_async_tag_faults && TakeLatchedTagFault(); }

}  // namespace caponier::arch
