// A small ordered set of disjoint page ranges, in place: what is taken while a layout is being planned.
#pragma once

#include <span>

#include "lib/aslr/place.h"

namespace caponier::aslr {

template <size_t Capacity>
class RangeSet {
 public:
  // kExists when the range meets one that is there, kInvalidArgument when it is empty, kNoMemory when the set is full.
  constexpr Result<void> Insert(PageRange range) {
    if (range.begin >= range.end) return Error::kInvalidArgument;
    if (NextOccupied(range.begin).begin < range.end) return Error::kExists;
    if (count_ == Capacity) return Error::kNoMemory;
    size_t i = count_++;
    for (; i > 0 && ranges_[i - 1].begin > range.begin; i--) ranges_[i] = ranges_[i - 1];
    ranges_[i] = range;
    return {};
  }

  constexpr PageRange NextOccupied(u64 page) const {
    size_t low = 0, high = count_;  // the first range with an end above `page` is in [low, high]
    while (low < high) {
      size_t middle = low + (high - low) / 2;
      if (ranges_[middle].end > page) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low < count_ ? ranges_[low] : kNoRange;
  }

  constexpr std::span<const PageRange> ranges() const { return {ranges_, count_}; }

 private:
  PageRange ranges_[Capacity] = {};
  size_t count_ = 0;
};
static_assert(OccupiedRanges<RangeSet<1>>);

}  // namespace caponier::aslr
