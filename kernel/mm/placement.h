// Where a region or mapping goes: drawn from the layout stream, uniform over every place that is free (lib/aslr).
#pragma once

#include "kernel/random/random.h"
#include "lib/aslr/packed.h"

namespace caponier::mm {

inline constexpr u64 kGuardPages = 1;  // absent pages on both sides of whatever is placed

// A test build, which says so on its first line, has each region of the kernel at one place in every boot: the cost of the random layout
// is measured against it.
extern const bool kFixedLayout;

// The first page of `pages` free ones in `window`, aligned to `alignment` pages.
template <aslr::OccupiedRanges Occupied>
Result<u64> PlaceUniformly(const Occupied& occupied, aslr::PageRange window, u64 pages, u64 alignment) {
  return aslr::Place(kernel::random::LayoutStream(), {.pages = pages, .guard_pages = kGuardPages, .alignment = alignment}, window,
                     occupied);
}

// That of a region of the kernel.
template <aslr::OccupiedRanges Occupied>
Result<u64> PlaceKernelRegion(const Occupied& occupied, aslr::PageRange window, u64 pages) {
  if (kFixedLayout) return aslr::PlaceHighest({.pages = pages, .guard_pages = kGuardPages}, window, occupied);
  return PlaceUniformly(occupied, window, pages, 1);
}

}  // namespace caponier::mm
