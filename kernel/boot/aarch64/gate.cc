#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"

namespace caponier {

// Like all that is constant after stage 1, it lies where nobody writes from then on.
[[gnu::section(".data.rel.ro")]] u64 arch::g_gate_root;

u64 boot::MakeGate(PhysAddr table) {
  u64 entry = arch::MakeLeaf(table, {.write = true}) | arch::pte::kNotGlobal;
  for (int level = 0; level < arch::PageTableLevels(); level++) {
    const u64 holder = TakeZeroedFrame();
    reinterpret_cast<u64*>(holder)[arch::kGatePage >> (kPageBits + 9 * level) & 511] = entry;
    entry = arch::MakeTable({holder}, false);
    arch::g_gate_root = holder;
  }
  return arch::kGatePage;
}

}  // namespace caponier
