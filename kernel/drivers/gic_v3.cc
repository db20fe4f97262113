// GIC version 3: distributor for devices' lines, this processor's redistributor for its own, system registers to take them.
#include "kernel/arch/aarch64/registers.h"
#include "kernel/drivers/gic.h"
#include "kernel/drivers/gic_registers.h"
#include "kernel/mm/kernel_space.h"

// The CPU interface [gicv3] 12.2.
#define REG_ICC_IAR1 "s3_0_c12_c12_0"
#define REG_ICC_EOIR1 "s3_0_c12_c12_1"
#define REG_ICC_BPR1 "s3_0_c12_c12_3"
#define REG_ICC_CTLR "s3_0_c12_c12_4"
#define REG_ICC_SRE "s3_0_c12_c12_5"
#define REG_ICC_IGRPEN1 "s3_0_c12_c12_7"
#define REG_ICC_PMR "s3_0_c4_c6_0"

namespace caponier::drivers {
namespace {

constexpr u64 kDistributorBytes = 0x8000;                     // what is used of it: up to the routes
constexpr u32 kWritePending = 1u << 31;                       // GICD_CTLR.RWP
constexpr u32 kAffinityRouting = 1u << 4, kEnableGroups = 3;  // GICD_CTLR, non-secure view
constexpr u64 kRedistributorType = 0x8, kRedistributorWake = 0x14;
constexpr u64 kSgiFrame = 0x10000, kFrames = 0x20000;           // a redistributor's second frame; both
constexpr u64 kTypeVirtualLpis = 1u << 1, kTypeLast = 1u << 4;  // GICR_TYPER
constexpr u32 kProcessorSleep = 1u << 1, kChildrenAsleep = 1u << 2;
constexpr u32 kSpinLimit = 1'000'000;

// Affinity levels of this processor, as GICR_TYPER[63:32] and GICD_IROUTER hold them.
u64 Affinity() {
  const u64 mpidr = CAPONIER_READ("mpidr_el1");
  return (mpidr & 0xff'ffff) | (mpidr >> 32 & 0xff) << 24;
}

class GicV3 final : public Gic {
 public:
  Result<void> Init(PhysAddr distributor, PhysAddr redistributors, u64 redistributor_bytes) {
    distributor_ = TRY(mm::MapDevice("interrupt distributor", distributor, kDistributorBytes)).data();
    TRY(FindRedistributor(redistributors, redistributor_bytes));
    arch::Store32(distributor_ + gic::kControl, 0);
    TRY(WaitForWrite());
    lines_ = gic::LineCount(distributor_);
    gic::MaskAll(distributor_, gic::kPrivateLines, lines_);
    arch::Store32(distributor_ + gic::kControl, kAffinityRouting | kEnableGroups);
    TRY(WaitForWrite());
    TRY(Wake());
    gic::MaskAll(private_, 0, gic::kPrivateLines);
    arch::Store32(private_ + gic::kGroup, ~0u);
    CAPONIER_WRITE(REG_ICC_SRE, CAPONIER_READ(REG_ICC_SRE) | 1);
    arch::InstructionBarrier();
    CAPONIER_WRITE(REG_ICC_PMR, gic::kPriorityMask);
    CAPONIER_WRITE(REG_ICC_BPR1, 0);
    CAPONIER_WRITE(REG_ICC_CTLR, 0);
    CAPONIER_WRITE(REG_ICC_IGRPEN1, 1);
    arch::InstructionBarrier();
    return {};
  }

  u32 Acknowledge() override {
    const u32 interrupt = static_cast<u32>(CAPONIER_READ(REG_ICC_IAR1)) & 0xff'ffff;
    asm volatile("dsb sy" ::: "memory");  // the device is read after the acknowledgement
    return interrupt >= 1020 && interrupt <= 1023 ? kNone : interrupt;
  }
  void Complete(u32 interrupt) override {
    CAPONIER_WRITE(REG_ICC_EOIR1, interrupt);
    arch::InstructionBarrier();
  }
  void Enable(u32 line, Trigger trigger) override {
    if (line >= lines_) return;
    if (line < gic::kPrivateLines) {
      gic::Unmask(private_, line);
      return;
    }
    std::byte* group = distributor_ + gic::kGroup + u64{line / 32} * 4;
    arch::Store32(group, arch::Load32(group) | 1u << (line % 32));
    gic::SetTrigger(distributor_, line, trigger == Trigger::kEdge);
    arch::Store64(distributor_ + gic::kRoute + u64{line} * 8, (Affinity() & 0xff'ffff) | (Affinity() >> 24) << 32);
    gic::Unmask(distributor_, line);
  }

 private:
  Result<void> WaitForWrite() {
    for (u32 spins = 0; spins < kSpinLimit; spins++) {
      if ((arch::Load32(distributor_ + gic::kControl) & kWritePending) == 0) return {};
    }
    return Error::kIo;
  }
  // Redistributors stand in a row; each names its processor. Only the two pages used are mapped.
  Result<void> FindRedistributor(PhysAddr first, u64 bytes) {
    u64 stride = kFrames;
    for (u64 offset = 0; offset + kFrames <= bytes; offset += stride) {
      mm::KernelRegion control = TRY(mm::MapDevice("interrupt redistributor", first + offset, kPageSize));
      const u64 type = arch::Load64(control.data() + kRedistributorType);
      if (type >> 32 == Affinity()) {
        redistributor_ = control.data();
        private_ = TRY(mm::MapDevice("private interrupts", first + offset + kSgiFrame, kPageSize)).data();
        return {};
      }
      stride = (type & kTypeVirtualLpis) != 0 ? 2 * kFrames : kFrames;
      mm::UnmapRegion(control);
      if ((type & kTypeLast) != 0) break;
    }
    return Error::kNoDevice;
  }
  Result<void> Wake() {
    arch::Store32(redistributor_ + kRedistributorWake, arch::Load32(redistributor_ + kRedistributorWake) & ~kProcessorSleep);
    for (u32 spins = 0; spins < kSpinLimit; spins++) {
      if ((arch::Load32(redistributor_ + kRedistributorWake) & kChildrenAsleep) == 0) return {};
    }
    return Error::kIo;
  }

  std::byte* distributor_ = nullptr;
  std::byte* redistributor_ = nullptr;
  std::byte* private_ = nullptr;
  u32 lines_ = 0;
};

constinit GicV3 g_gic;

}  // namespace

Result<Gic*> InitGicV3(PhysAddr distributor, PhysAddr redistributors, u64 redistributor_bytes) {
  TRY(g_gic.Init(distributor, redistributors, redistributor_bytes));
  return static_cast<Gic*>(&g_gic);
}

}  // namespace caponier::drivers
