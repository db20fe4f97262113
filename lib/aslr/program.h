// Where a program's first regions go: image, interpreter, stack, break and vDSO, each alone. Later mappings are placed one by one by
// the address space, with Place.
//
// An image that must stand at its linked address (ET_EXEC) is an occupied range: it has no bits, and nothing else loses any
// by it. The break is a reserved stretch of its own, not the end of the image: it grows upward inside it, and a leaked heap
// pointer says nothing of the program.
#pragma once

#include "lib/aslr/plan.h"

namespace caponier::aslr {

// From 64 KiB, below which Linux maps nothing either (vm.mmap_min_addr), to one page short of 2^47: all of x86-64's half.
inline constexpr PageRange kUserWindow47 = {16, (u64{1} << 35) - 1};
// Addresses of MAP_32BIT, and of nothing else.
inline constexpr PageRange kUserWindowLow2G = {16, u64{1} << 19};

// All the break may grow to: 4 GiB.
inline constexpr u64 kBreakPages = u64{1} << 20;
// Below a stack: 1 MiB, as Linux's stack_guard_gap; what one frame may jump over without touching.
inline constexpr u64 kStackGuardPages = 256;

struct ProgramDescription {
  PageRange window = kUserWindow47;
  std::span<const PageRange> fixed = {};  // images at their linked addresses
  u64 image_pages = 0;                    // 0: the image is fixed
  u64 image_alignment = 1;                // in pages
  u64 interpreter_pages = 0;              // 0: none, or fixed
  u64 interpreter_alignment = 1;
  u64 stack_pages = 2048;  // all it may grow to: 8 MiB, Linux's default limit
  u64 stack_guard_pages = kStackGuardPages;
  u64 break_pages = kBreakPages;
  u64 vdso_pages = 2;
};

struct ProgramLayout {
  u64 image_page = 0;        // 0: fixed
  u64 interpreter_page = 0;  // 0: none, or fixed
  u64 stack_page = 0;        // lowest page of the reserved stretch
  u64 stack_offset = 0;      // bytes between the stretch's end and where the stack starts
  u64 break_page = 0;
  u64 vdso_page = 0;
};

template <UniformSource Source>
Result<ProgramLayout> PlanProgram(Source& source, const ProgramDescription& program, Promise promise = Promise::kPromised) {
  RegionRequest requests[5];
  PlacedRegion placed[5];
  u64 ProgramLayout::* pages[5] = {};
  size_t count = 0;
  auto want = [&](u64 ProgramLayout::* page, RegionRequest request) {
    if (request.pages == 0) return;
    requests[count] = request;
    pages[count++] = page;
  };
  want(&ProgramLayout::image_page, {Region::kProgramImage, program.image_pages, 1, program.image_alignment});
  want(&ProgramLayout::interpreter_page, {Region::kInterpreter, program.interpreter_pages, 1, program.interpreter_alignment});
  want(&ProgramLayout::stack_page, {Region::kProgramStack, program.stack_pages, program.stack_guard_pages, 1});
  want(&ProgramLayout::break_page, {Region::kBreak, program.break_pages, 1, 1});
  want(&ProgramLayout::vdso_page, {Region::kVdso, program.vdso_pages, 1, 1});
  TRY(Plan(source, {.window = program.window, .occupied = program.fixed, .regions = std::span(requests, count)},
           std::span(placed, count), promise));
  ProgramLayout layout;
  for (size_t i = 0; i < count; i++) layout.*pages[i] = placed[i].first_page;
  layout.stack_offset = MakeStackOffset(source);
  return layout;
}

}  // namespace caponier::aslr
