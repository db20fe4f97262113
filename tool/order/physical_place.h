// Where the loader puts a kernel in physical memory: at a place drawn for this start, each that leaves room for the rest as likely. The kernel
// would move itself otherwise, which an emulator takes milliseconds for: it has translated what runs before the move, and drops and makes
// that anew.
#pragma once

#include <optional>

#include "lib/base/diagnostics.h"
#include "tool/machine/kernel_room.h"
#include "tool/order/reorder.h"

namespace caponier::tool::order {

// Nothing when it fits nowhere.
std::optional<u64> DrawPhysicalPlace(const KernelRoom& room, u64 image_bytes, const Draw& draw);

// Has the loader put it at `place` in a memory that begins at `memory`, and tells the kernel that this was drawn. kX86_64: segments and the PVH
// note's entry [xen-pvh]; kAarch64: the header's text_offset [linux-arm64-boot]. False, with one line, for a kernel without these.
bool LoadAt(u64 place, u64 memory, const LinkedKernel& kernel, ReorderedKernel& reordered, Diagnostics& diagnostics);

}  // namespace caponier::tool::order
