// The two halves of an architecture's address space, as the kernel gives them to the planner.
#pragma once

#include "lib/aslr/kernel.h"
#include "tool/arch.h"

namespace caponier::tool::audit {

struct Halves {
  int bits;  // of a half, in pages
  aslr::PageRange program, kernel;
  aslr::Region own;  // of the kernel's first regions, the one that only this architecture has
};

constexpr Halves HalvesOf(Arch arch) {
  const int bits = arch == Arch::kX86_64 ? 35 : 36;
  const u64 pages = u64{1} << bits;
  return {bits,
          {16, pages - 1},
          {aslr::kPageNumberEnd - pages, aslr::kPageNumberEnd - 1},
          arch == Arch::kX86_64 ? aslr::Region::kPageTables : aslr::Region::kShadowStack};
}

}  // namespace caponier::tool::audit
