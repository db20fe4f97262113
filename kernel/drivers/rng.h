// The virtio entropy device [virtio-v1.2] 5.4: one more source for the kernel's randomness, which does not wait for it.
#pragma once

#include "kernel/boot/boot_info.h"
#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace caponier::drivers {

// Asks the device, when there is one, for its first bytes; they are mixed in as they come.
void StartRng(const boot::BootInfo& info);
// The device's next bytes as they are, for who records them; from the first call on nothing of it is mixed in any more. They stand until the
// next call. kNoDevice; kTimedOut after 10 s without an answer.
Result<Bytes> ReadRawRng();

}  // namespace caponier::drivers
