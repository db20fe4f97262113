// Where a region or mapping goes: drawn from the layout stream, uniform over every place that is free (lib/aslr).
#pragma once

#include "kernel/random/random.h"
#include "lib/aslr/place.h"

namespace caponier::mm {

// The first page of `pages` free pages in [low, high), `guard` absent pages on both sides, aligned to `alignment` pages.
template <typename Occupied>
Result<u64> PlaceUniformly(const Occupied& occupied, u64 low, u64 high, u64 pages, u64 alignment, u64 guard);

}  // namespace caponier::mm
