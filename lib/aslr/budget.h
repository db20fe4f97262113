// How many bits of randomness each kind of region has, as a promise: the base-2 logarithm of the number of places it can stand at,
// each equally likely, whatever other address is known. docs/address-space.md shows this table to people, plan.h refuses a layout
// that cannot keep it, and the tests measure it.
//
// A region's own size, its guards and its neighbours take places away. The promise is kept when what is left is at least
// 2^bits - 2^(bits - 7): at most 0.0113 bits are lost to them. In a 47-bit half that is room for 1 TiB of regions; from the second
// mapping on the program itself decides how much it maps, so a mapping's promise is one bit less, half of the space.
#pragma once

#include <bit>
#include <string_view>

#include "lib/base/types.h"

namespace caponier::aslr {

enum class Region : u8 {
  kKernelImage,
  kKernelStack,
  kFrameTable,
  kWindows,
  kPerCpu,
  kDescriptorTables,
  kPageTables,
  kDeviceRegisters,
  kDeviceRing,
  kHeapArena,
  kShadowStack,
  kProgramImage,
  kInterpreter,
  kProgramStack,
  kBreak,
  kVdso,
  kMapping,
  kCanary,
};
inline constexpr size_t kRegionCount = 18;

// Steps of 16 bytes below the top of a stack's first page: both architectures' stack alignment [sysv-x86-64] 3.2.2, [aapcs64] 6.4.5.2.
inline constexpr u64 kStackStep = 16;
inline constexpr u8 kStackSubPageBits = 8;
static_assert((kStackStep << kStackSubPageBits) == kPageSize);

struct Budget {
  Region region;
  u8 page_bits;      // of the place, in pages
  u8 sub_page_bits;  // of the place inside the page
  constexpr int bits() const { return page_bits + sub_page_bits; }
};

// For a 47-bit half (2^35 pages), the smallest there is. See PromisedPageBits for larger ones.
inline constexpr int kSmallestHalfBits = 35;
inline constexpr Budget kBudgets[kRegionCount] = {
    {Region::kKernelImage, 35, 0},
    {Region::kKernelStack, 35, kStackSubPageBits},
    {Region::kFrameTable, 35, 0},
    {Region::kWindows, 34, 0},  // inside one leaf page table: of 512 starts in a table, 512 less its size are left
    {Region::kPerCpu, 35, 0},
    {Region::kDescriptorTables, 35, 0},
    {Region::kPageTables, 35, 0},
    {Region::kDeviceRegisters, 35, 0},
    {Region::kDeviceRing, 35, 0},
    {Region::kHeapArena, 35, 0},
    {Region::kShadowStack, 35, 0},
    {Region::kProgramImage, 35, 0},
    {Region::kInterpreter, 35, 0},
    {Region::kProgramStack, 35, kStackSubPageBits},
    {Region::kBreak, 35, 0},
    {Region::kVdso, 35, 0},
    {Region::kMapping, 34, 0},
    {Region::kCanary, 0, 56},  // no place: 56 bits of value, and a zero byte that ends a string
};
constexpr const Budget& BudgetOf(Region region) { return kBudgets[static_cast<size_t>(region)]; }
static_assert([] {
  for (size_t i = 0; i < kRegionCount; i++) {
    if (kBudgets[i].region != static_cast<Region>(i)) return false;
  }
  return true;
}());

// A larger half promises as many bits more to each region: AArch64's halves of 48 bits one, x86-64's of five levels of page tables, of which the
// kernel has all 56 bits and the program 47, nine. The first and last pages of a half, which nobody has, do not count.
constexpr int PromisedPageBits(Region region, u64 half_pages) {
  const int half_bits = static_cast<int>(std::bit_width(half_pages + (half_pages >> 7))) - 1;
  return BudgetOf(region).page_bits + (half_bits > kSmallestHalfBits ? half_bits - kSmallestHalfBits : 0);
}

// Whether `places` equally likely places keep a promise of `page_bits`.
constexpr bool KeepsPromise(u64 places, int page_bits) {
  u64 promised = u64{1} << page_bits;
  return places >= promised - (promised >> 7);
}

// "kernel image": for reports and the documentation.
std::string_view NameOf(Region region);

}  // namespace caponier::aslr
