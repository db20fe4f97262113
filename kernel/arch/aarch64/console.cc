#include "kernel/arch/aarch64/console.h"

#include "kernel/arch/machine.h"
#include "kernel/boot/aarch64/identity.h"
#include "kernel/boot/stage1.h"
#include "kernel/drivers/pl011.h"
#include "kernel/mm/kernel_space.h"

namespace caponier::arch {
namespace {

std::byte* g_console;

}  // namespace

void SetConsole(std::byte* registers) { g_console = registers; }

Result<void> MapConsole() {
  const PhysAddr uart = boot::g_handoff.info.uart;
  if (uart.value == 0) return {};
  g_console = TRY(mm::MapDevice("serial port", uart, kPageSize - uart.page_offset())).data();
  boot::CloseIdentity();
  return {};
}

void EarlyConsoleWrite(std::string_view text) {
  if (g_console != nullptr) drivers::WritePl011(g_console, text);
}

void PowerOff() {
  // PSCI SYSTEM_OFF [psci] 5.9, by the conduit the device tree names.
  constexpr u64 kSystemOff = 0x8400'0008;
  register u64 function asm("x0") = kSystemOff;
  if (boot::g_handoff.info.psci_by_smc) {
    asm volatile("smc #0" : "+r"(function)::"memory");
  } else {
    asm volatile("hvc #0" : "+r"(function)::"memory");
  }
  for (;;) asm volatile("msr daifset, #15; wfi" ::: "memory");
}

}  // namespace caponier::arch
