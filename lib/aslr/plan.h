// The whole layout of a half of the address space before anything is mapped: a pure function from a random stream and a list of
// regions to their places. The same stream gives the same layout, so that a test can foretell a boot.
//
// Regions are placed one by one, each uniformly over what the earlier ones leave (place.h). So none depends on another beyond not
// touching it: given every other address a region keeps its bits. A layout in which one region would have fewer bits than
// budget.h promises is refused, and nothing is placed at a guessable spot instead.
//
// No pointer is stored in any table here: boot plans the layout before the kernel has been relocated to it.
#pragma once

#include <span>

#include "lib/aslr/budget.h"
#include "lib/aslr/range_set.h"

namespace caponier::aslr {

struct RegionRequest {
  Region region = Region::kMapping;
  u64 pages = 1;
  u64 guard_pages = 1;
  u64 alignment = 1;  // in pages; a power of two. Its logarithm goes off the region's bits, which only a program's image may lose
  u64 block = 0;      // in pages: as PlaceRequest's
};

constexpr PlaceRequest PlaceFor(const RegionRequest& wanted) {
  return {.pages = wanted.pages, .guard_pages = wanted.guard_pages, .alignment = wanted.alignment, .block = wanted.block};
}

struct PlacedRegion {
  Region region = Region::kMapping;
  u64 first_page = 0;
  u64 pages = 0;
  u64 guard_pages = 0;

  constexpr VirtAddr begin() const { return {first_page << kPageBits}; }
  constexpr VirtAddr end() const { return {(first_page + pages) << kPageBits}; }
  constexpr PageRange with_guards() const { return {first_page - guard_pages, first_page + pages + guard_pages}; }
};

struct MemoryDescription {
  PageRange window;
  std::span<const PageRange> occupied = {};  // fixed images and the like; disjoint, in any order
  std::span<const RegionRequest> regions = {};
};

// Pages [begin, end) of an address range.
constexpr PageRange PagesOf(u64 begin, u64 end) { return {begin >> kPageBits, end >> kPageBits}; }

// kPromised: every region has the bits of budget.h. kBestEffort: any place will do (windows too small for the promise, tests).
enum class Promise : u8 { kPromised, kBestEffort };

// More regions than a boot or a program start ever has; arenas and mappings come later, one by one, by Place.
inline constexpr size_t kMaxPlanned = 64;

// Fills `layout` (as long as `memory.regions`, in that order). kNoMemory when a region fits nowhere; kOutOfRange when its places are
// too few for its promise; kExists when occupied ranges overlap.
template <UniformSource Source>
Result<void> Plan(Source& source, const MemoryDescription& memory, std::span<PlacedRegion> layout,
                  Promise promise = Promise::kPromised) {
  if (memory.regions.size() + memory.occupied.size() > kMaxPlanned || layout.size() != memory.regions.size()) {
    return Error::kInvalidArgument;
  }
  RangeSet<kMaxPlanned> taken;
  for (const PageRange& range : memory.occupied) TRY(taken.Insert(range));
  for (size_t i = 0; i < memory.regions.size(); i++) {
    const RegionRequest& request = memory.regions[i];
    const PlaceRequest place = PlaceFor(request);
    if (promise == Promise::kPromised) {
      u64 places = CountPlaces(place, memory.window, taken);
      if (places == 0) return Error::kNoMemory;
      // Who writes a program may align its variables, and gets the places that are left; nothing else may stand in steps.
      if (request.region == Region::kProgramImage) places *= request.alignment;
      if (!KeepsPromise(places, PromisedPageBits(request.region, memory.window.pages()))) return Error::kOutOfRange;
    }
    u64 first_page = TRY(Place(source, place, memory.window, taken));
    layout[i] = {request.region, first_page, request.pages, request.guard_pages};
    TRY(taken.Insert(layout[i].with_guards()));
  }
  return {};
}

}  // namespace caponier::aslr
