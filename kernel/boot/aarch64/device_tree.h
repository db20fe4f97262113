// The device tree the firmware passed, while stage 1 runs.
#pragma once

#include "kernel/boot/boot_info.h"
#include "lib/base/bytes.h"

namespace caponier::boot {

// A property of /chosen, writable so that it can be wiped; empty when there is none.
MutableBytes FirmwareSeedBytes(u64 tree, const char* name);

}  // namespace caponier::boot
