// Memory for secrets: zeros in the child after a fork, however the fork was made, since the kernel does the wiping
// [man-pages] madvise(2) MADV_WIPEONFORK; left out of core dumps; kept out of swap where the limits allow.
#pragma once

#include "lib/base/types.h"

namespace caponier::hosted {

// Zeroed; null when there is no memory, and errno says why. `wiped` says whether the kernel wipes it: Linux does since 4.14.
void* MapPrivatePages(size_t bytes, bool* wiped);
void UnmapPrivatePages(void* pages, size_t bytes);

}  // namespace caponier::hosted
