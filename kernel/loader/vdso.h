// The shared object that Linux programs find at AT_SYSINFO_EHDR: clock calls without entering the kernel, and on AArch64 the return
// from signal handlers. One page of data the kernel writes and the program reads lies just before its code.
#pragma once

#include "kernel/mm/address_space.h"
#include "lib/base/result.h"

namespace caponier::loader {

u64 VdsoPages();  // data page and code
// Maps both at `address`; returns where the ELF header is.
Result<u64> MapVdso(mm::AddressSpace& memory, u64 address);
// Tells the data page how the counter becomes time. Called when the clock is calibrated and at the start of real time.
void PublishClock();
// AArch64: where a handler without a restorer returns to; offset from the ELF header, 0 when there is none.
u64 SignalReturnOffset();

}  // namespace caponier::loader
