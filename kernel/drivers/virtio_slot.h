// One virtio-mmio device: its registers mapped, its queues in pages of their own, its interrupt routed.
#pragma once

#include "kernel/boot/boot_info.h"
#include "kernel/mm/kernel_space.h"
#include "lib/base/diagnostics.h"
#include "lib/virtio/mmio.h"
#include "lib/virtio/queue.h"

namespace caponier::drivers {

class VirtioSlot final : public virtio::MmioAccess {
 public:
  // Finds the first slot that holds a device of `type`, maps and probes it. kNoDevice when there is none.
  static Result<VirtioSlot*> Find(const boot::BootInfo& info, virtio::DeviceType type);

  u32 Read32(u32 offset) override { return registers_[offset / 4]; }
  void Write32(u32 offset, u32 value) override;

  virtio::MmioDevice& device() { return device_; }
  u32 line() const { return line_; }
  // Makes queue `index` with up to `size` descriptors.
  Result<void> AddQueue(u32 index, virtio::Queue& queue, u16 size, Diagnostics& diagnostics);

 private:
  volatile u32* registers_ = nullptr;
  virtio::MmioDevice device_;
  u32 line_ = 0;
};

// Drivers that answer interrupts register here; called with interrupts off.
using InterruptHandler = void (*)();
void HandleInterrupt(u32 line, InterruptHandler handler);

}  // namespace caponier::drivers
