// A linked kernel with its functions at other places, and every reference repaired: what the machine boots.
//
// Text grows by its sleds, so what lies behind it moves up by whole pages, all by the same distance. Thus a reference changes by how far its
// target moved less how far its own place did, and nothing else need be known of it; what it held before is checked against its relocation
// first. A relocation of another kind, a target in no function, or bytes that are not what the relocation says are refused: a kernel
// that is only nearly repaired would fail somewhere else.
#pragma once

#include <string>
#include <vector>

#include "tool/order/placement.h"

namespace caponier::tool::order {

// Turns places of the machine's kernel into those of the file it was made from.
class PlaceMap {
 public:
  PlaceMap() = default;
  PlaceMap(const LinkedKernel& kernel, const Placement& placement);

  struct Linked {
    u64 offset = 0;
    bool sled = false;  // in the traps behind the function that ends at `offset`
  };
  // nullopt: beyond the image.
  std::optional<Linked> Find(u64 offset) const;

 private:
  struct Part {
    u64 begin, bytes, linked;
  };
  std::vector<Part> parts_;  // by begin
};

struct ReorderedKernel {
  std::vector<std::byte> image;   // as it lies in memory, from its first byte
  u64 growth = 0;                 // of text
  std::optional<u64> place = {};  // in physical memory, if not the one it was linked for
};

Result<ReorderedKernel> Reorder(const LinkedKernel& kernel, const Placement& placement, Diagnostics& diagnostics);

// The file that the emulator loads: an ELF program for x86-64, the image alone for AArch64.
std::vector<std::byte> BootFile(const LinkedKernel& kernel, const ReorderedKernel& reordered);
// An ELF file of it with the symbols where they now are.
std::vector<std::byte> SymbolFile(const LinkedKernel& kernel, const Placement& placement, const ReorderedKernel& reordered);

}  // namespace caponier::tool::order
