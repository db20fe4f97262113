// Where a region or mapping goes: drawn from the layout stream, uniform over every place that is free (lib/aslr).
#pragma once

#include "kernel/random/random.h"
#include "lib/aslr/place.h"

namespace caponier::mm {

inline constexpr u64 kGuardPages = 1;  // absent pages on both sides of whatever is placed

// The first page of `pages` free ones in `window`, aligned to `alignment` pages.
template <aslr::OccupiedRanges Occupied>
Result<u64> PlaceUniformly(const Occupied& occupied, aslr::PageRange window, u64 pages, u64 alignment) {
  return aslr::Place(kernel::random::LayoutStream(), {.pages = pages, .guard_pages = kGuardPages, .alignment = alignment}, window,
                     occupied);
}

}  // namespace caponier::mm
