// Everything at the same place in every run, and side by side: of a program for `--layout off`, as Linux lays it out without
// randomisation, and of the kernel for the test build that the cost of the scattered layout is measured against. It is for debugging,
// for that measurement, and for the tests that show what the scattered layout stops; nothing here is random.
//
// A program's stack ends at the window's end. Interpreter, vDSO and later mappings follow each other downward from 128 MiB below it, without
// guards. The image stands at two thirds of the window, the break right behind it.
#pragma once

#include "lib/aslr/kernel.h"
#include "lib/aslr/program.h"

namespace caponier::aslr {

// Linux keeps at least this much for the stack (arch_pick_mmap_layout, [linux-mm-util]).
inline constexpr u64 kPackedStackGap = 128 * kMiB >> kPageBits;

// Later mappings lie below this page.
constexpr u64 PackedMappingsEnd(PageRange window) { return window.end - kPackedStackGap; }

// The highest place in the window where the pages and their guards fit. kNoMemory when there is none.
template <OccupiedRanges Occupied>
constexpr Result<u64> PlaceHighest(const PlaceRequest& request, PageRange window, const Occupied& occupied) {
  if (!internal::IsSensible(request, window)) return Error::kInvalidArgument;
  const internal::Lattice lattice(request);
  u64 highest = 0;
  bool found = false;
  internal::ForEachGap(window, occupied, [&](PageRange gap) {
    const internal::Places places = internal::PlacesIn(gap, request, lattice);
    if (places.count != 0) {
      highest = lattice.At(places.first + places.count - 1);
      found = true;
    }
    return false;
  });
  if (!found) return Error::kNoMemory;
  return highest;
}

constexpr PlaceRequest Unguarded(u64 pages, u64 alignment) { return {.pages = pages, .guard_pages = 0, .alignment = alignment}; }

// As Plan, of which this takes the place: one below the other from the window's end, guards between them.
constexpr Result<void> PackRegions(const MemoryDescription& memory, std::span<PlacedRegion> layout) {
  if (memory.regions.size() > kMaxPlanned || layout.size() != memory.regions.size()) return Error::kInvalidArgument;
  RangeSet<kMaxPlanned> taken;
  for (size_t i = 0; i < layout.size(); i++) {
    const RegionRequest& wanted = memory.regions[i];
    const u64 first = TRY(PlaceHighest(PlaceFor(wanted), memory.window, taken));
    layout[i] = {wanted.region, first, wanted.pages, wanted.guard_pages};
    TRY(taken.Insert(layout[i].with_guards()));
  }
  return {};
}

constexpr Result<KernelLayout> PackKernel(const KernelDescription& kernel) {
  const auto requests = RequestsOf(kernel);
  PlacedRegion placed[kKernelRegions];
  TRY(PackRegions({.window = kernel.window, .occupied = {}, .regions = requests}, placed));
  return LayoutOf(placed);
}

// kNoMemory when a fixed image is in the way.
constexpr Result<ProgramLayout> PackProgram(const ProgramDescription& program) {
  RangeSet<8> taken;
  ProgramLayout layout;
  u64 image_end = program.window.begin;
  for (const PageRange& range : program.fixed) {
    TRY(taken.Insert(range));
    image_end = range.end;
  }
  if (program.image_pages != 0) {
    layout.image_page = AlignDown(program.window.end / 3 * 2, program.image_alignment);
    image_end = layout.image_page + program.image_pages;
    TRY(taken.Insert({layout.image_page, image_end}));
  }
  layout.break_page = image_end;
  if (layout.break_page + program.break_pages > program.window.end) return Error::kNoMemory;
  TRY(taken.Insert({layout.break_page, layout.break_page + program.break_pages}));
  layout.stack_page = TRY(PlaceHighest(Unguarded(program.stack_pages, 1), program.window, taken));
  TRY(taken.Insert({layout.stack_page - program.stack_guard_pages, layout.stack_page + program.stack_pages}));
  const PageRange below{program.window.begin, PackedMappingsEnd(program.window)};
  if (program.interpreter_pages != 0) {
    layout.interpreter_page =
        TRY(PlaceHighest(Unguarded(program.interpreter_pages, program.interpreter_alignment), below, taken));
    TRY(taken.Insert({layout.interpreter_page, layout.interpreter_page + program.interpreter_pages}));
  }
  layout.vdso_page = TRY(PlaceHighest(Unguarded(program.vdso_pages, 1), below, taken));
  return layout;
}

}  // namespace caponier::aslr
