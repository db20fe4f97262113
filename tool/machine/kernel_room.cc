#include "tool/machine/kernel_room.h"

#include <algorithm>

namespace caponier::tool {
namespace {

constexpr u64 kBlock = 2 * kMiB;

// microvm [qemu-microvm]: firmware has the first MiB; the archive ends less than a page below the top of low memory, which are 3 GiB at most.
constexpr u64 kFirmwareEnd = kMiB, kLowMemory = 3 * kGiB;

// virt [qemu-virt]: a page at the start of memory for the emulator's first instructions. The archive begins in the middle of up to 256 MiB, above
// that 128 MiB in, or behind the kernel, if that ends higher; the device tree, which takes a few pages, at the next 2 MiB behind it.
constexpr u64 kVirtMemory = kGiB, kDeviceTree = 64 * kKiB;
u64 VirtArchive(u64 memory_bytes) { return AlignDown(std::min(memory_bytes / 2, 128 * kMiB), kPageSize); }

u64 LessUnless(u64 from, u64 bytes) { return from > bytes ? from - bytes : 0; }

}  // namespace

KernelRoom RoomForKernel(Arch arch, u64 memory_bytes, u64 archive_bytes) {
  if (arch == Arch::kX86_64) {
    const u64 low = std::min(memory_bytes, kLowMemory);
    return {.memory = 0, .begin = kFirmwareEnd, .end = AlignDown(LessUnless(low, 1 + archive_bytes), kPageSize)};
  }
  const u64 archive_end = AlignDown(LessUnless(memory_bytes, kDeviceTree), kBlock);
  const u64 below_archive = LessUnless(archive_end, AlignUp(archive_bytes, kPageSize));
  return {.memory = kVirtMemory,
          .begin = kVirtMemory + kPageSize,
          .end = kVirtMemory + std::max(below_archive, VirtArchive(memory_bytes))};
}

u64 MemoryFor(u64 file_bytes) {
  constexpr u64 kUsual = 128 * kMiB, kFew = 48 * kMiB, kMost = 2 * kGiB;
  if (file_bytes <= kFew) return kUsual;
  return std::min(file_bytes, kMost) + 2 * kUsual > kMost ? kMost : AlignUp(file_bytes, kMiB) + 2 * kUsual;
}

bool ArchiveFits(Arch arch, u64 memory_bytes, u64 archive_bytes, u64 kernel_bytes) {
  if (arch == Arch::kX86_64) return kBlock + kernel_bytes + archive_bytes <= memory_bytes;
  const u64 start = std::max(VirtArchive(memory_bytes), kBlock);
  return AlignUp(start + archive_bytes, kBlock) + kDeviceTree <= memory_bytes;
}

}  // namespace caponier::tool
