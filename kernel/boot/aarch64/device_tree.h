// The device tree that the firmware passed, while stage 1 runs.
#pragma once

#include "kernel/boot/boot_info.h"
#include "lib/fdt/device_tree.h"

namespace caponier::boot {

// Maps the tree at `physical` and opens it; a machine whose tree cannot be read does not start.
fdt::DeviceTree OpenDeviceTree(u64 physical);

}  // namespace caponier::boot
