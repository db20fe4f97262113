// The device tree that the firmware passed, while stage 1 runs.
#pragma once

#include "kernel/boot/boot_info.h"
#include "lib/fdt/device_tree.h"

namespace caponier::boot {

// Maps the tree at `physical` and opens it, the first time; a machine whose tree cannot be read does not start.
const fdt::DeviceTree& TheDeviceTree(u64 physical);

}  // namespace caponier::boot
