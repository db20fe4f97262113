// Where the kernel's first regions go, those that it needs before it can place others one by one: planned by the machine's boot, and by an
// audit that foretells it.
#pragma once

#include <array>

#include "lib/aslr/plan.h"

namespace caponier::aslr {

inline constexpr u64 kBootStackPages = 8;
// Windows onto frames. Their entries must lie in one leaf page table.
inline constexpr u64 kWindowPages = 64, kLeafTablePages = 512;
// All that the list of regions may grow to.
inline constexpr u64 kRegionTablePages = 64;

struct KernelDescription {
  PageRange window;
  u64 image_pages = 0;
  u64 frame_table_pages = 0;
  // The one that each architecture has for itself, a page: of x86-64 the windows' table, mapped (kPageTables), of AArch64 the boot thread's
  // shadow stack (kShadowStack).
  Region own = Region::kPageTables;
};

struct KernelLayout {
  PlacedRegion image, boot_stack, frame_table, windows, region_table, own;
};
inline constexpr size_t kKernelRegions = 6;

constexpr std::array<RegionRequest, kKernelRegions> RequestsOf(const KernelDescription& kernel) {
  return {{{.region = Region::kKernelImage, .pages = kernel.image_pages},
           {.region = Region::kKernelStack, .pages = kBootStackPages},
           {.region = Region::kFrameTable, .pages = kernel.frame_table_pages},
           {.region = Region::kWindows, .pages = kWindowPages, .block = kLeafTablePages},
           {.region = Region::kHeapArena, .pages = kRegionTablePages},
           {.region = kernel.own}}};
}

// Of what Plan, or whoever takes its place, made of those requests.
constexpr KernelLayout LayoutOf(const PlacedRegion (&placed)[kKernelRegions]) {
  return {placed[0], placed[1], placed[2], placed[3], placed[4], placed[5]};
}

template <UniformSource Source>
Result<KernelLayout> PlanKernel(Source& source, const KernelDescription& kernel) {
  const auto requests = RequestsOf(kernel);
  PlacedRegion placed[kKernelRegions];
  TRY(Plan(source, {.window = kernel.window, .occupied = {}, .regions = requests}, placed));
  return LayoutOf(placed);
}

}  // namespace caponier::aslr
