// What the kernel and the CPU give.
#pragma once

#include "lib/base/bytes.h"

namespace caponier::hosted {

// From getrandom(2), which waits until the kernel's own generator is seeded, once after boot. Ends the process when it fails.
void FillFromKernel(MutableBytes output);

// 32 bytes from the CPU's instruction, RDSEED before RDRAND, RNDRRS before RNDR; false when there is none or it gives none. Whether the
// words are any good is not looked at, since they are mixed in and never counted.
bool FillFromCpu(std::span<std::byte, 32> output);

}  // namespace caponier::hosted
