// What keeps coming in after boot: words of the processor's instruction, the moments of interrupts, timing jitter. Nothing of it runs in an
// interrupt handler, and nothing on a timer of its own: a slice is taken before a draw or when the machine idles, one in 100 ms at
// most and none in the first 100 ms, which a short run never reaches.
#pragma once

#include "lib/random/random.h"

namespace caponier::kernel::random {

// Takes a slice when one is due. `now_ns` is monotonic.
void GatherIfDue(::caponier::random::Root& root, u64 now_ns);
// After a clone: fresh words of the processor's instruction, in every pool-0 reseed from here on. Nothing where it has none.
void GatherNow(::caponier::random::Root& root);

}  // namespace caponier::kernel::random
