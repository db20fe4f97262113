// Where each of a kernel's functions goes: a permutation of them, each as likely as any other [knuth2] 3.4.2 P, with a sled of traps
// before each of the moved ones, as long as a draw says, so that neither the order nor a distance is known.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "tool/order/linked_kernel.h"

namespace caponier::tool::order {

// A number from 0 to `bound` - 1, each as likely.
using Draw = std::function<u64(u64 bound)>;

// A sled is 1 to this many traps long, and then as many as the function's alignment asks for: 1 to 32 bytes, or 4 to 32.
constexpr u64 MostTraps(elf::Machine machine) { return machine == elf::Machine::kX86_64 ? 32 : 8; }
constexpr u64 TrapBytes(elf::Machine machine) { return machine == elf::Machine::kX86_64 ? 1 : 4; }

struct Placement {
  std::vector<u64> begins;  // by function, in the order as linked; the first stays
  u64 text_bytes = 0;       // whole pages, not fewer than there were
};

// `numbers` in an order drawn uniformly.
void Shuffle(std::span<size_t> numbers, const Draw& draw);

Placement Place(const LinkedKernel& kernel, const Draw& draw);

}  // namespace caponier::tool::order
