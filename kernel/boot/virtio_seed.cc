// The virtio entropy device before there are drivers: identity-mapped, polled, and only when no other source could be credited. The
// kernel's own driver takes the device over later, after a reset.
#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"
#include "lib/entropy/sources/virtio_rng.h"
#include "lib/random/harvest.h"
#include "lib/virtio/mmio.h"

namespace caponier::boot {
namespace {

constexpr u32 kRequestBytes = entropy::VirtioRng::kBootBytes + 64;  // the start-up test, and a seed that passed it
constexpr u64 kPatience = 4'000'000'000;                            // counts: a second or more on any machine

class IdentityRegisters final : public virtio::MmioAccess {
 public:
  explicit IdentityRegisters(PhysAddr base) : registers_(reinterpret_cast<volatile u32*>(base.value)) {}
  u32 Read32(u32 offset) override { return registers_[offset / 4]; }
  void Write32(u32 offset, u32 value) override {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    registers_[offset / 4] = value;
  }

 private:
  volatile u32* registers_;
};

// One that the device may write to for as long as it has not reset itself. It stays as it is.
u64 TakeSeedFrame() {
  const u64 frame = TakeZeroedFrame();
  g_handoff.info.Reserve(frame, kPageSize);
  return frame;
}

Result<void> Request(PhysAddr registers, random::Root& root) {
  IdentityRegisters access(registers);
  FirstDiagnostic diagnostics;
  virtio::MmioDevice device = TRY(virtio::MmioDevice::Probe(access, diagnostics));
  TRY(device.Negotiate(0, diagnostics));
  const u64 ring = TakeSeedFrame(), page = TakeSeedFrame();
  virtio::Queue queue = TRY(virtio::Queue::Create({reinterpret_cast<std::byte*>(ring), kPageSize}, {ring}, 8));
  TRY(device.SetUpQueue(0, queue, diagnostics));
  TRY(device.Start());
  const virtio::Buffer buffer{{page}, kRequestBytes, virtio::Direction::kDeviceWrites};
  TRY(queue.AddBuffer(std::span(&buffer, 1)));
  device.Notify(0);
  const u64 start = arch::CycleCounter();
  while (!queue.HasUsed()) {
    if (arch::CycleCounter() - start > kPatience) return Error::kTimedOut;
    arch::SpinHint();
  }
  const auto used = TRY(queue.PopUsed());
  if (!used) return Error::kMalformed;
  entropy::VirtioRng source;
  source.Offer({reinterpret_cast<std::byte*>(page), used->length});
  random::Harvest(root, source, used->length);
  return device.Reset();
}

}  // namespace

void GatherFromVirtio(const BootInfo& info, random::Root& root) {
  for (u32 i = 0; i < info.virtio_count; i++) {
    if (info.virtio[i].type != static_cast<u32>(virtio::DeviceType::kEntropy)) continue;
    // A device that fails leaves the root as it was; the caller's Proof is what counts.
    if (Request(info.virtio[i].registers, root).ok()) return;
  }
}

}  // namespace caponier::boot
