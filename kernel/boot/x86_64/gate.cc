#include "kernel/boot/stage1.h"

namespace caponier::boot {

u64 MakeGate(PhysAddr table) {
  Map(g_handoff.window_table.begin, table.value, {});
  return g_handoff.window_table.begin;
}

}  // namespace caponier::boot
