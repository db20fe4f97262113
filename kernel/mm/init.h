// Bringing memory up: from the hand-off of stage 1 to an allocator of frames, regions and heap blocks.
#pragma once

#include "kernel/boot/stage1.h"

namespace caponier::mm {

void InitFrames(boot::Handoff& handoff);
void InitWindows(const boot::Handoff& handoff);
void InitKernelSpace(const boot::Handoff& handoff);

}  // namespace caponier::mm
