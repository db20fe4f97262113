// Places one region among others: uniformly over every place where it fits.
//
// A place is the number of the region's first page. It is valid when the region and its guards lie inside the window, meet no
// occupied page, and the first page is aligned (and, if asked, the region keeps inside one aligned block). What stays true:
//
//   Every valid place is exactly equally likely. Proof. Let C be the aligned places whose region and guards fit the bare window,
//   and V the valid ones of them. A draw is uniform over C and is kept when it falls in V; so each v in V is kept with
//   probability 1/|C|, and a kept draw is uniform over V. Whether draw i is kept has probability |V|/|C|, which is the same
//   for all v, so the number of draws made says nothing of where the kept one fell. When all draws miss, the exact path numbers
//   the valid places 0 to |V|-1 and draws one number: uniform over V again. A mixture of uniform distributions over the
//   same set, with weights that do not depend on the place, is uniform over it.
//
//   The exact path is always right; the draws before it only save its walk. In a nearly empty half the first draw is kept with
//   probability near 1; in a window half full sixteen draws miss once in 65,536 times.
//
//   Failure (kNoMemory) means that no valid place exists: |V| = 0.
//
// What this stops: first-fit after a random start, which fills the lowest gap and loses a bit or more with each mapping (the 25th
// had 3 bits left in one system); and x % n, which prefers small remainders. Neighbours stay unknown: given every other address,
// the region is still uniform over what they leave free.
#pragma once

#include <bit>
#include <concepts>

#include "lib/aslr/source.h"
#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::aslr {

// Pages [begin, end), as page numbers: an address shifted right by kPageBits. The window of a kernel half ends at most at 2^52.
struct PageRange {
  u64 begin = 0, end = 0;
  constexpr bool operator==(const PageRange&) const = default;
  constexpr u64 pages() const { return end - begin; }
};
inline constexpr u64 kPageNumberEnd = u64{1} << (64 - kPageBits);
inline constexpr PageRange kNoRange = {~u64{0}, ~u64{0}};

// What is taken: NextOccupied(page) is the occupied range with the least begin among those whose end lies above `page`, or
// kNoRange. Ranges may touch, they may not overlap. Whether they include their own guards is their keeper's choice.
template <typename T>
concept OccupiedRanges = requires(const T& occupied, u64 page) {
  { occupied.NextOccupied(page) } -> std::same_as<PageRange>;
};

struct PlaceRequest {
  u64 pages = 1;
  u64 guard_pages = 1;  // free pages on both sides
  u64 alignment = 1;    // of the first page, in pages; a power of two
  // The region lies inside one aligned block of this many pages (512: one leaf page table). A power of two; 0: it may lie anywhere.
  u64 block = 0;
};

inline constexpr int kPlaceDraws = 16;

namespace internal {

// The places allowed by alignment and block alone, numbered in order from address 0: `per_period` of them, `step` apart, at the start
// of every `period` pages.
struct Lattice {
  u64 period = 1, per_period = 1, step = 1;

  explicit constexpr Lattice(const PlaceRequest& request)
      : period(request.block == 0 ? request.alignment : request.block),
        per_period(request.block == 0 ? 1 : (request.block - request.pages) / request.alignment + 1),
        step(request.alignment) {}
  // How many lie below `page`.
  constexpr u64 Below(u64 page) const {
    u64 inside = (page % period + step - 1) / step;
    return page / period * per_period + (inside < per_period ? inside : per_period);
  }
  constexpr u64 At(u64 index) const { return index / per_period * period + index % per_period * step; }
};

// The valid places inside one stretch of free pages: those of the lattice from number `first` on.
struct Places {
  u64 first = 0, count = 0;
};
constexpr Places PlacesIn(PageRange free, const PlaceRequest& request, const Lattice& lattice) {
  // Every number is below 2^52 here (IsSensible), so that no sum wraps.
  u64 needed = request.pages + 2 * request.guard_pages;
  if (free.end <= free.begin || free.pages() < needed) return {};
  u64 first = lattice.Below(free.begin + request.guard_pages);
  u64 end = lattice.Below(free.end - request.guard_pages - request.pages + 1);
  return {first, end - first};
}

constexpr bool IsSensible(const PlaceRequest& request, PageRange window) {
  return request.pages > 0 && request.pages < kPageNumberEnd && request.guard_pages < kPageNumberEnd &&
         std::has_single_bit(request.alignment) && request.alignment < kPageNumberEnd && window.begin <= window.end &&
         window.end <= kPageNumberEnd &&
         (request.block == 0 || (std::has_single_bit(request.block) && request.block <= kPageNumberEnd &&
                                 request.block >= request.alignment && request.block >= request.pages));
}

// Calls visit(free range) for every stretch of free pages in the window, in order, until it returns true.
template <OccupiedRanges Occupied, typename Visit>
constexpr void ForEachGap(PageRange window, const Occupied& occupied, Visit&& visit) {
  u64 page = window.begin;
  while (page < window.end) {
    PageRange next = occupied.NextOccupied(page);
    u64 gap_end = next.begin < window.end ? next.begin : window.end;
    if (gap_end > page && visit(PageRange{page, gap_end})) return;
    if (next.begin >= window.end) return;
    page = next.end;
  }
}

template <OccupiedRanges Occupied>
constexpr bool IsFree(u64 begin, u64 end, const Occupied& occupied) {
  return occupied.NextOccupied(begin).begin >= end;
}

}  // namespace internal

// The number of valid places, exactly.
template <OccupiedRanges Occupied>
constexpr u64 CountPlaces(const PlaceRequest& request, PageRange window, const Occupied& occupied) {
  if (!internal::IsSensible(request, window)) return 0;
  internal::Lattice lattice(request);
  u64 count = 0;
  internal::ForEachGap(window, occupied, [&](PageRange gap) {
    count += internal::PlacesIn(gap, request, lattice).count;
    return false;
  });
  return count;
}

// The number of `page`, a place of the bare window, among all of them in order, from 0: what an even spread is even over.
constexpr u64 PlaceNumber(const PlaceRequest& request, PageRange window, u64 page) {
  internal::Lattice lattice(request);
  return lattice.Below(page) - internal::PlacesIn(window, request, lattice).first;
}

// The first page of the region, uniform over all valid places; kNoMemory when there is none, kInvalidArgument for no pages, or an
// alignment or block that is not a power of two or too small. Draws are bounded by kPlaceDraws + 1.
template <UniformSource Source, OccupiedRanges Occupied>
constexpr Result<u64> Place(Source& source, const PlaceRequest& request, PageRange window, const Occupied& occupied,
                            int draws = kPlaceDraws) {
  if (!internal::IsSensible(request, window)) return Error::kInvalidArgument;
  internal::Lattice lattice(request);
  internal::Places candidates = internal::PlacesIn(window, request, lattice);
  if (candidates.count == 0) return Error::kNoMemory;
  for (int i = 0; i < draws; i++) {
    u64 page = lattice.At(candidates.first + static_cast<u64>(source.Uniform(candidates.count)));
    if (internal::IsFree(page - request.guard_pages, page + request.pages + request.guard_pages, occupied)) return page;
  }
  u64 count = CountPlaces(request, window, occupied);
  if (count == 0) return Error::kNoMemory;
  u64 chosen = static_cast<u64>(source.Uniform(count));
  u64 page = 0;
  internal::ForEachGap(window, occupied, [&](PageRange gap) {
    internal::Places places = internal::PlacesIn(gap, request, lattice);
    if (chosen < places.count) {
      page = lattice.At(places.first + chosen);
      return true;
    }
    chosen -= places.count;
    return false;
  });
  return page;
}

}  // namespace caponier::aslr
