// Bringing memory up: from the hand-off of stage 1 to an allocator of frames, regions and heap blocks.
#pragma once

#include "kernel/boot/stage1.h"

namespace caponier::mm {

void InitFrames(boot::Handoff& handoff);
// Where the windows stand, and their entries while the gate is open. Written by stage 1, constant after it.
[[gnu::section(".data.rel.ro")]] extern u64 g_window_base;
[[gnu::section(".data.rel.ro")]] extern u64* g_window_entries;
void InitWindows();
void InitKernelSpace(const boot::Handoff& handoff);

}  // namespace caponier::mm
