// What the device tree says of this machine: memory, the archive, the serial port, interrupt controller, timer, firmware calls and
// virtio devices. Nothing about a board is known beforehand.
#include "kernel/arch/aarch64/console.h"
#include "kernel/arch/machine.h"
#include "kernel/boot/aarch64/device_tree.h"
#include "kernel/boot/aarch64/identity.h"
#include "kernel/boot/stage1.h"

extern "C" std::byte __image_start[], __image_end[];

namespace caponier::boot {
namespace {

class ConsoleDiagnostics final : public Diagnostics {
 public:
  void Malformed(std::string_view what, u64) override {
    arch::EarlyConsoleWrite("caponier: device tree: ");
    arch::EarlyConsoleWrite(what);
    arch::EarlyConsoleWrite("\n");
  }
};
constinit ConsoleDiagnostics g_diagnostics;

[[noreturn]] void Refuse(std::string_view why) {
  g_diagnostics.Malformed(why, 0);
  arch::PowerOff();
}

// The value, or a stop when the tree is malformed there.
template <typename T>
T Require(Result<T> result, std::string_view what) {
  if (!result.ok()) Refuse(what);
  return std::move(result).value();
}

void ReadConsole(const fdt::DeviceTree& tree, BootInfo& info) {
  const Result<fdt::Device> uart = tree.Find("arm,pl011");
  if (!uart.ok() || uart.value().registers.empty()) return;
  info.uart = uart.value().registers[0].start;
  MapIdentity(info.uart, kPageSize - info.uart.page_offset(), {.write = true, .device = true});
  arch::SetConsole(reinterpret_cast<std::byte*>(info.uart.value));
}

void ReadInterruptController(const fdt::DeviceTree& tree, BootInfo& info) {
  const auto find = [&](std::string_view name, u32 version) {
    const Result<fdt::Device> gic = tree.Find(name);
    if (info.gic_version != 0 || !gic.ok() || gic.value().registers.size() < 2) return;
    info.gic_version = version;
    info.gic_distributor = gic.value().registers[0].start;
    const fdt::Range& second = gic.value().registers[1];
    if (version == 3) {
      info.gic_redistributor = second.start;
      info.gic_redistributor_bytes = second.size;
    } else {
      info.gic_cpu_interface = second.start;
    }
  };
  find("arm,gic-v3", 3);
  for (const std::string_view name : {"arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic", "arm,cortex-a7-gic"}) {
    if (info.gic_version == 0) find(name, 2);
  }
  if (info.gic_version == 0) Refuse("no interrupt controller that this kernel drives");
}

void ReadVirtioDevices(const fdt::DeviceTree& tree, BootInfo& info) {
  const Result<void> done = tree.ForEach("virtio,mmio", [&](const fdt::Device& device) {
    if (device.registers.empty() || device.interrupts.empty() || info.virtio_count == std::size(info.virtio)) return;
    const fdt::Interrupt& interrupt = device.interrupts[0];
    info.virtio[info.virtio_count++] = {device.registers[0].start, interrupt.id};
    if (interrupt.edge) info.SetEdge(interrupt.id);
  });
  if (!done.ok()) Refuse("no virtio devices");
}

}  // namespace

const fdt::DeviceTree& TheDeviceTree(u64 physical) {
  static std::optional<fdt::DeviceTree> tree;
  if (tree) return *tree;
  const auto* start = reinterpret_cast<const std::byte*>(physical);
  EnsureIdentity({physical}, kPageSize);
  const u64 bytes = Require(fdt::DeviceTree::SizeOf({start, kPageSize}, g_diagnostics), "its size");
  EnsureIdentity({physical}, bytes);
  tree.emplace(Require(fdt::DeviceTree::Open({start, bytes}, g_diagnostics), "its structure"));
  return *tree;
}

void ReadBootInfo(u64 argument, BootInfo& info) {
  info.early_end = ~u64{0};
  const fdt::DeviceTree& tree = TheDeviceTree(argument);
  const Result<fdt::PsciConduit> psci = tree.Psci();
  info.psci_by_smc = psci.ok() && psci.value() == fdt::PsciConduit::kSmc;
  ReadConsole(tree, info);
  for (const fdt::Range& range : Require(tree.Memory(), "memory").items()) info.AddRam(range.start.value, range.size);
  for (const fdt::Range& range : Require(tree.Reserved(), "reserved memory").items()) info.Reserve(range.start.value, range.size);
  info.image = {{reinterpret_cast<u64>(__image_start)}, static_cast<u64>(__image_end - __image_start)};
  info.Reserve(info.image.base.value, info.image.bytes);
  if (const auto initrd = Require(tree.ReadChosen(), "chosen").initrd) {
    info.archive = {initrd->start, initrd->size};
    info.Reserve(info.archive.base.value, info.archive.bytes);
  }
  ReadInterruptController(tree, info);
  info.timer_line = Require(tree.Timer(), "timer").virtual_timer.id;
  ReadVirtioDevices(tree, info);
  // Nothing allocates before both this and GatherEntropy are done with the tree, so it needs no reservation.
}

}  // namespace caponier::boot
