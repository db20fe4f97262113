// The virtio entropy device [virtio-v1.2] 5.4: one more source for the kernel's randomness, which does not wait for it.
#pragma once

#include "kernel/boot/boot_info.h"

namespace caponier::drivers {

// Asks the device, when there is one, for its first bytes; they are mixed in as they come.
void StartRng(const boot::BootInfo& info);

}  // namespace caponier::drivers
