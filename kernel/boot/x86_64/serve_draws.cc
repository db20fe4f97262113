// For tests of clones, on machines that have a VM generation ID and none of the devices that a program needs (QEMU's q35): when
// the host's firmware configuration has the file opt/org.caponier/draws, the machine runs no program. For each byte that comes in over the
// serial port it draws as getrandom does and writes the draw there, with the canary that the boot thread's stack has after it.
#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"
#include "kernel/boot/x86_64/ports.h"
#include "kernel/random/random.h"
#include "kernel/sched/secrets.h"
#include "lib/base/format.h"

namespace caponier::boot {
namespace {

constexpr u16 kData = 0x3f8, kLineStatus = 0x3fd;  // 16550
constexpr u8 kReceived = 1;

[[gnu::noinline]] void WaitForAsking() {
  while ((In8(kLineStatus) & kReceived) == 0) arch::SpinHint();
  In8(kData);
}

[[gnu::noinline]] std::array<u64, 2> Draw() {
  std::array<u64, 2> draw;
  (void)kernel::random::Fill(WritableBytesOf(draw));  // does not fail
  return draw;
}

[[gnu::noinline]] void Tell(const std::array<u64, 2>& draw) {
  InlineText<64> line;
  Format(line, "{:016x}{:016x} {:016x}\n", draw[0], draw[1], arch::__stack_chk_guard);
  arch::EarlyConsoleWrite(line);
}

}  // namespace

[[gnu::no_stack_protector]] void ServeDraws() {
  for (;;) {
    WaitForAsking();
    const std::array<u64, 2> draw = Draw();
    if (sched::SecretsAreOld(sched::CurrentThread()))
      sched::RenewSecrets(sched::CurrentThread());  // as on the way back to a program
    Tell(draw);
  }
}

}  // namespace caponier::boot
