// Where in a machine's memory the emulator can load the kernel, as it places the rest: the archive, the device tree, its own firmware.
#pragma once

#include "lib/base/types.h"
#include "tool/arch.h"

namespace caponier::tool {

// Physical addresses, whole pages. The image may lie anywhere from `begin` to `end`; there may be no room at all.
struct KernelRoom {
  u64 memory = 0;  // the first address of memory
  u64 begin = 0, end = 0;
};

KernelRoom RoomForKernel(Arch arch, u64 memory_bytes, u64 archive_bytes);
// For a machine whose memory nobody chose: 128 MiB, and where files take more than 48 MiB, 256 MiB beside them; at most 2 GiB.
u64 MemoryFor(u64 file_bytes);
// Whether the archive lies in memory, the device tree behind it, and a kernel somewhere.
bool ArchiveFits(Arch arch, u64 memory_bytes, u64 archive_bytes, u64 kernel_bytes);

}  // namespace caponier::tool
