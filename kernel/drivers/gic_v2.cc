// GIC version 2: everything memory-mapped.
#include "kernel/drivers/gic.h"
#include "kernel/drivers/gic_registers.h"
#include "kernel/mm/kernel_space.h"

namespace caponier::drivers {
namespace {

// CPU interface [gicv2] 4.4.
constexpr u64 kCpuControl = 0x0, kCpuPriorityMask = 0x4, kCpuAcknowledge = 0xc, kCpuEnd = 0x10;
constexpr u32 kInterruptId = 0x3ff;

class GicV2 final : public Gic {
 public:
  Result<void> Init(PhysAddr distributor, PhysAddr cpu_interface) {
    distributor_ = TRY(mm::MapDevice("interrupt distributor", distributor, kPageSize)).data();
    cpu_ = TRY(mm::MapDevice("interrupt interface", cpu_interface, kPageSize)).data();
    arch::Store32(distributor_ + gic::kControl, 0);
    lines_ = gic::LineCount(distributor_);
    gic::MaskAll(distributor_, 0, lines_);
    // The targets of private lines are read-only and name this processor [gicv2] 4.3.12; on a single-processor system they read as
    // zero, and so may all others.
    self_ = static_cast<u8>(arch::Load32(distributor_ + gic::kTarget));
    arch::Store32(distributor_ + gic::kControl, 1);
    arch::Store32(cpu_ + kCpuPriorityMask, gic::kPriorityMask);
    arch::Store32(cpu_ + kCpuControl, 1);
    return {};
  }

  u32 Acknowledge() override {
    const u32 interrupt = arch::Load32(cpu_ + kCpuAcknowledge);
    return (interrupt & kInterruptId) >= 1020 ? kNone : interrupt;
  }
  void Complete(u32 interrupt) override { arch::Store32(cpu_ + kCpuEnd, interrupt); }
  void Enable(u32 line, Trigger trigger) override {
    if (line >= lines_) return;
    if (line >= gic::kPrivateLines) {
      gic::SetTrigger(distributor_, line, trigger == Trigger::kEdge);
      arch::Store8(distributor_ + gic::kTarget + line, self_);
    }
    gic::Unmask(distributor_, line);
  }

 private:
  std::byte* distributor_ = nullptr;
  std::byte* cpu_ = nullptr;
  u32 lines_ = 0;
  u8 self_ = 0;
};

constinit GicV2 g_gic;

}  // namespace

Result<Gic*> InitGicV2(PhysAddr distributor, PhysAddr cpu_interface) {
  TRY(g_gic.Init(distributor, cpu_interface));
  return static_cast<Gic*>(&g_gic);
}

}  // namespace caponier::drivers
