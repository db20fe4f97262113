#include "kernel/drivers/rng.h"

#include "kernel/drivers/virtio_slot.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/random/random.h"
#include "lib/entropy/sources/virtio_rng.h"

namespace caponier::drivers {
namespace {

constexpr u32 kRequestBytes = entropy::VirtioRng::kBootBytes + 64;  // the start-up test, and a seed that passed it
static_assert(kRequestBytes <= kPageSize);

VirtioSlot* g_slot;
constinit virtio::Queue g_queue;
mm::KernelRegion g_buffer;

void OnInterrupt() {
  g_slot->device().AcknowledgeInterrupts();
  const auto used = g_queue.PopUsed();
  if (!used.ok()) {  // the device lied: it is left alone, and what it gave before stands or falls with its tests
    g_slot->device().Fail();
    return;
  }
  if (used.value()) kernel::random::AbsorbDevice({g_buffer.data(), used.value()->length});
}

Result<void> Start(const boot::BootInfo& info) {
  FirstDiagnostic diagnostics;
  g_slot = TRY(VirtioSlot::Find(info, virtio::DeviceType::kEntropy));
  TRY(g_slot->device().Negotiate(0, diagnostics));
  TRY(g_slot->AddQueue(0, g_queue, 8, diagnostics));
  TRY(g_slot->device().Start());
  g_buffer = TRY(mm::MapRegion("rng buffer", kPageSize));
  const virtio::Buffer buffer{mm::FrameOf(g_buffer.data()), kRequestBytes, virtio::Direction::kDeviceWrites};
  TRY(g_queue.AddBuffer(std::span(&buffer, 1)));
  HandleInterrupt(g_slot->line(), OnInterrupt);
  g_slot->device().Notify(0);
  return {};
}

}  // namespace

void StartRng(const boot::BootInfo& info) {
  const Result<void> started = Start(info);
  static_cast<void>(started.ok());  // absent or broken: the machine was seeded without it, and the report shows it as absent
}

}  // namespace caponier::drivers
