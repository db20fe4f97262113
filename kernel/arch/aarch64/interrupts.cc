#include "kernel/arch/aarch64/interrupts.h"

#include "kernel/arch/aarch64/clock.h"
#include "kernel/arch/aarch64/console.h"
#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"
#include "kernel/drivers/gic.h"
#include "kernel/random/interrupt.h"

namespace caponier::arch {
namespace {

drivers::Gic* g_gic;
u32 g_timer_line;

}  // namespace

Result<void> InitInterrupts() {
  const boot::BootInfo& info = boot::g_handoff.info;
  TRY(MapConsole());
  if (info.gic_version == 3) {
    g_gic = TRY(drivers::InitGicV3(info.gic_distributor, info.gic_redistributor, info.gic_redistributor_bytes));
  } else if (info.gic_version == 2) {
    g_gic = TRY(drivers::InitGicV2(info.gic_distributor, info.gic_cpu_interface));
  } else {
    return Error::kNoDevice;
  }
  if (!InitClock()) return Error::kNoDevice;
  g_timer_line = info.timer_line;
  g_gic->Enable(g_timer_line, drivers::Trigger::kLevel);
  return {};
}

void EnableDeviceInterrupt(u32 line) {
  g_gic->Enable(line, boot::g_handoff.info.IsEdge(line) ? drivers::Trigger::kEdge : drivers::Trigger::kLevel);
}

void DispatchInterrupts() {
  kernel::random::NoteInterrupt();
  const u32 interrupt = g_gic->Acknowledge();
  if (interrupt == drivers::Gic::kNone) return;
  if (interrupt == g_timer_line) {
    StopTimer();
    g_gic->Complete(interrupt);
    OnTimerInterrupt();
    return;
  }
  OnDeviceInterrupt(interrupt);
  g_gic->Complete(interrupt);
}

}  // namespace caponier::arch
