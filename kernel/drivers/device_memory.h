// Memory that a device reads and writes: pages of a region of their own, which hold nothing else. Only this makes the buffers of a ring, so
// that no block of a heap and no page of the program is ever shown to a device, and nothing behind what it may have.
#pragma once

#include "kernel/mm/kernel_space.h"
#include "lib/virtio/queue.h"

namespace caponier::drivers {

class DeviceMemory {
 public:
  static constexpr u64 kMostPages = 8;

  // The name appears in the layout report.
  static Result<DeviceMemory> Map(const char* name, u64 pages);

  std::byte* data() const { return region_.data(); }
  // `length` bytes from `offset`, of one page: frames need not lie side by side. Anything else stops the machine.
  virtio::Buffer Slice(u64 offset, u64 length, virtio::Direction direction) const;

 private:
  mm::KernelRegion region_;
  PhysAddr frames_[kMostPages] = {};
};

}  // namespace caponier::drivers
