#include "kernel/drivers/virtio_slot.h"

#include <new>

#include "kernel/arch/machine.h"
#include "kernel/drivers/device_memory.h"

namespace caponier::drivers {
namespace {

constexpr u64 kRegisterBytes = 0x200;  // config space included [virtio-v1.2] 4.2.2

struct Registered {
  u32 line = 0;
  InterruptHandler handler = nullptr;
};
Registered g_handlers[8];

}  // namespace

void VirtioSlot::Write32(u32 offset, u32 value) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  registers_[offset / 4] = value;
}

Result<VirtioSlot*> VirtioSlot::Find(const boot::BootInfo& info, virtio::DeviceType type) {
  for (u32 i = 0; i < info.virtio_count; i++) {
    if (info.virtio[i].type != static_cast<u32>(type)) continue;
    auto* slot = new (std::nothrow) VirtioSlot();
    if (slot == nullptr) return Error::kNoMemory;
    slot->registers_ =
        reinterpret_cast<volatile u32*>(TRY(mm::MapDevice("virtio registers", info.virtio[i].registers, kRegisterBytes)).begin);
    slot->line_ = info.virtio[i].line;
    FirstDiagnostic diagnostic;
    slot->device_ = TRY(virtio::MmioDevice::Probe(*slot, diagnostic));
    return slot;
  }
  return Error::kNoDevice;
}

Result<void> VirtioSlot::AddQueue(u32 index, virtio::Queue& queue, u16 size, Diagnostics& diagnostics) {
  const u16 usable = virtio::UsableQueueSize(TRY(device_.QueueSizeMax(index)));
  const DeviceMemory page = TRY(DeviceMemory::Map("virtio ring", 1));
  const PhysAddr address = page.Slice(0, kPageSize, virtio::Direction::kDeviceWrites).address;
  queue = TRY(virtio::Queue::Create({page.data(), kPageSize}, address, usable < size ? usable : size));
  return device_.SetUpQueue(index, queue, diagnostics);
}

void HandleInterrupt(u32 line, InterruptHandler handler) {
  for (Registered& entry : g_handlers) {
    if (entry.handler != nullptr) continue;
    entry = {line, handler};
    arch::EnableDeviceInterrupt(line);
    return;
  }
  __builtin_trap();
}

}  // namespace caponier::drivers

void caponier::arch::OnDeviceInterrupt(u32 line) {
  for (const auto& entry : drivers::g_handlers) {
    if (entry.handler != nullptr && entry.line == line) entry.handler();
  }
}
