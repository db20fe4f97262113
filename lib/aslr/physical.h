// Where things go in physical memory. No address in a program or in the kernel says anything of that, but what lies beside what in memory does
// matter to errors of the memory itself (Rowhammer) and to devices that write where they should not.
//
// A place is drawn uniformly over every place: those in all ranges are numbered, and one number is drawn. Bits are the base-2 logarithm of
// their count, 14.9 in 128 MiB; nothing is promised, since the machine's owner chooses its memory.
#pragma once

#include <span>

#include "lib/aslr/place.h"

namespace caponier::aslr {

// The first page of `pages` side by side in one of the ranges, which do not overlap. kNoMemory when they fit in none.
template <UniformSource Source>
constexpr Result<u64> PlaceInMemory(Source& source, std::span<const PageRange> free, u64 pages) {
  if (pages == 0) return Error::kInvalidArgument;
  const auto places = [=](const PageRange& range) { return range.pages() < pages ? 0 : range.pages() - pages + 1; };
  u64 all = 0;
  for (const PageRange& range : free) all += places(range);
  if (all == 0) return Error::kNoMemory;
  u64 number = source.Uniform(all);
  for (const PageRange& range : free) {
    if (number < places(range)) return range.begin + number;
    number -= places(range);
  }
  return Error::kOutOfRange;  // not reached: a number below the sum of all
}

}  // namespace caponier::aslr
