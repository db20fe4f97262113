#include "kernel/drivers/device_memory.h"

#include "kernel/mm/window.h"

namespace caponier::drivers {

Result<DeviceMemory> DeviceMemory::Map(const char* name, u64 pages) {
  if (pages > kMostPages) return Error::kInvalidArgument;
  DeviceMemory memory;
  const mm::Gate gate;
  memory.region_ = TRY(mm::MapRegion(name, pages * kPageSize));
  for (u64 i = 0; i < pages; i++) memory.frames_[i] = mm::FrameOf(memory.data() + i * kPageSize);
  return memory;
}

virtio::Buffer DeviceMemory::Slice(u64 offset, u64 length, virtio::Direction direction) const {
  if (offset >= region_.bytes || length > kPageSize - offset % kPageSize) __builtin_trap();
  return {frames_[offset / kPageSize] + offset % kPageSize, static_cast<u32>(length), direction};
}

}  // namespace caponier::drivers
