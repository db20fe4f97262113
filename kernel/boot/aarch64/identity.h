// The identity mapping of stage 1, 2 MiB at a time, and its end. What is left of it for the kernel's first steps is the serial port,
// never executable; once the port has a region of its own, the program's half is empty.
#pragma once

#include "kernel/mm/page_flags.h"
#include "lib/base/types.h"

namespace caponier::boot {

// Stage 1: adds the blocks around [physical, physical + bytes); a block that is there stays as it is, but for the right to execute it.
void MapIdentity(PhysAddr physical, u64 bytes, mm::PageFlags flags);
// High: drops the mapping, except for the serial port when there is one.
void LeaveIdentity();
// Drops the serial port too.
void CloseIdentity();

}  // namespace caponier::boot
