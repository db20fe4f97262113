#include "kernel/drivers/rng.h"

#include "kernel/arch/machine.h"
#include "kernel/drivers/device_memory.h"
#include "kernel/drivers/virtio_slot.h"
#include "kernel/random/random.h"
#include "lib/entropy/sources/virtio_rng.h"

namespace caponier::drivers {
namespace {

constexpr u32 kRequestBytes = entropy::VirtioRng::kBootBytes + 64;  // the start-up test, and a seed that passed it
static_assert(kRequestBytes <= kPageSize);

constexpr u64 kPatienceNs = 10'000'000'000;

VirtioSlot* g_slot;
constinit virtio::Queue g_queue;
constinit DeviceMemory g_buffer;
constinit bool g_running = false, g_asked = false;
constinit bool g_raw = false;  // what comes is not mixed in but left for ReadRawRng
constinit u32 g_raw_bytes = 0;

Result<void> Ask(u32 bytes) {
  const virtio::Buffer buffer = g_buffer.Slice(0, bytes, virtio::Direction::kDeviceWrites);
  TRY(g_queue.AddBuffer(std::span(&buffer, 1)));
  g_asked = true;
  g_slot->device().Notify(0);
  return {};
}

void OnInterrupt() {
  g_slot->device().AcknowledgeInterrupts();
  const auto used = g_queue.PopUsed();
  if (!used.ok()) {  // the device lied: it is left alone, and what it gave before stands or falls with its tests
    g_slot->device().Fail();
    g_running = false;
    return;
  }
  if (!used.value()) return;
  g_asked = false;
  if (g_raw) {
    g_raw_bytes = used.value()->length;
  } else {
    kernel::random::AbsorbDevice({g_buffer.data(), used.value()->length});
  }
}

Result<void> Start(const boot::BootInfo& info) {
  FirstDiagnostic diagnostics;
  g_slot = TRY(VirtioSlot::Find(info, virtio::DeviceType::kEntropy));
  TRY(g_slot->device().Negotiate(0, diagnostics));
  TRY(g_slot->AddQueue(0, g_queue, 8, diagnostics));
  TRY(g_slot->device().Start());
  g_buffer = TRY(DeviceMemory::Map("rng buffer", 1));
  HandleInterrupt(g_slot->line(), OnInterrupt);
  g_running = true;
  return Ask(kRequestBytes);
}

}  // namespace

void StartRng(const boot::BootInfo& info) {
  const Result<void> started = Start(info);
  static_cast<void>(started.ok());  // absent or broken: the machine was seeded without it, and the report shows it as absent
}

Result<Bytes> ReadRawRng() {
  const u64 deadline = arch::NowNs() + kPatienceNs;
  g_raw = true;
  g_raw_bytes = 0;
  if (!g_running) return Error::kNoDevice;
  if (!g_asked) TRY(Ask(kPageSize));
  while (g_raw_bytes == 0) {
    if (!g_running) return Error::kNoDevice;
    if (arch::NowNs() >= deadline) return Error::kTimedOut;
    arch::SetTimer(deadline);
    arch::WaitForInterrupt();
  }
  return Bytes(g_buffer.data(), g_raw_bytes);
}

}  // namespace caponier::drivers
