// The two halves of an architecture's address space, as the kernel gives them to the planner.
#pragma once

#include "lib/aslr/kernel.h"
#include "tool/arch.h"

namespace caponier::tool::audit {

struct Halves {
  int program_bits, kernel_bits;  // in pages
  aslr::PageRange program, kernel;
  aslr::Region own;  // of the kernel's first regions, the one that only this architecture has
};

// Those of an architecture's processors with that many levels of page tables: a fifth is the kernel's gain alone.
constexpr Halves HalvesOf(Arch arch, int levels) {
  const int program_bits = arch == Arch::kX86_64 ? 35 : 36, kernel_bits = program_bits + 9 * (levels - 4);
  return {program_bits,
          kernel_bits,
          {16, (u64{1} << program_bits) - 1},
          {aslr::kPageNumberEnd - (u64{1} << kernel_bits), aslr::kPageNumberEnd - 1},
          arch == Arch::kX86_64 ? aslr::Region::kPageTables : aslr::Region::kShadowStack};
}

}  // namespace caponier::tool::audit
