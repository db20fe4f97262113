// For tests of clones, on machines that have a VM generation ID and none of the devices that a program needs (QEMU's q35): when
// the host's firmware configuration has the file opt/org.caponier/draws, the machine runs no program. For each byte that comes in over the
// serial port it draws as getrandom does and writes the draw there.
#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"
#include "kernel/boot/x86_64/ports.h"
#include "kernel/random/random.h"

namespace caponier::boot {
namespace {

constexpr u16 kData = 0x3f8, kLineStatus = 0x3fd;  // 16550
constexpr u8 kReceived = 1;

}  // namespace

void ServeDraws() {
  for (;;) {
    while ((In8(kLineStatus) & kReceived) == 0) arch::SpinHint();
    In8(kData);
    std::byte draw[16];
    if (!kernel::random::Fill(draw).ok()) return;
    char line[2 * sizeof(draw) + 1];
    for (size_t i = 0; i < sizeof(draw); i++) {
      line[2 * i] = "0123456789abcdef"[static_cast<u8>(draw[i]) >> 4];
      line[2 * i + 1] = "0123456789abcdef"[static_cast<u8>(draw[i]) & 15];
    }
    line[2 * sizeof(draw)] = '\n';
    arch::EarlyConsoleWrite({line, sizeof(line)});
  }
}

}  // namespace caponier::boot
