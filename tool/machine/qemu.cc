#include "tool/machine/qemu.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "tool/install.h"

namespace caponier::tool {

std::string QemuProgram(Arch arch) {
  const std::string name = fmt::format("qemu-system-{}", NameOf(arch));
  if (const char* folder = getenv("CAPONIER_EMULATORS"); folder != nullptr && *folder != '\0')
    return fmt::format("{}/{}", folder, name);
  const std::string unpacked = Install::FromSelf().Emulator(name);
  return access(unpacked.c_str(), X_OK) == 0 ? unpacked : name;
}

std::vector<std::string> QemuCommand(const MachineSpec& spec) {
  const bool x86 = spec.arch == Arch::kX86_64;
  const bool kvm = spec.accelerator == Accelerator::kKvm;
  std::vector<std::string> command{QemuProgram(spec.arch)};
  const auto add = [&](std::initializer_list<std::string> arguments) { command.insert(command.end(), arguments); };

  // [qemu-microvm] the smallest x86 machine; each device turned off is one less to start and to attack. [qemu-virt] for Arm:
  // memory tagging must be asked for, and exists under emulation only.
  add({"-M", x86   ? "microvm,acpi=off,pit=off,pic=off,rtc=off,x-option-roms=off,isa-serial=on"
             : kvm ? "virt,gic-version=max"
                   : "virt,mte=on,gic-version=3"});
  // Emulated pointer authentication with the architected cipher is several times slower than with QEMU's own, and QEMU 7.2
  // leaves vector loads of SVE without tag checks. Under KVM the guest has no use for the register that describes the host's
  // processor bugs, and some hosts offer it without letting it be set.
  add({"-cpu", !kvm && !x86 ? "max,pauth-impdef=on,sve=off" : kvm && x86 ? "max,-arch-capabilities" : "max"});
  add({"-accel", kvm ? "kvm" : "tcg,thread=single"});
  add({"-m", fmt::format("{}B", spec.memory_bytes), "-smp", "1"});
  add({"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"});
  // What the emulator may do to the host if the guest should break it.
  add({"-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"});
  add({"-global", "virtio-mmio.force-legacy=off"});
  add({"-kernel", spec.kernel, "-initrd", fmt::format("/proc/self/fd/{}", spec.archive)});
  if (x86) add({"-device", "isa-debug-exit,iobase=0xf4"});
  add({"-device", "virtio-rng-device"});
  add({"-device", "virtio-serial-device,max_ports=2"});
  add({"-chardev", fmt::format("socket,id=link,fd={}", spec.link), "-device",
       "virtserialport,chardev=link,name=caponier.link,nr=1"});
  add({"-chardev", fmt::format("socket,id=console,fd={}", spec.console), "-serial", "chardev:console"});
  add({"-fw_cfg", fmt::format("name=opt/org.caponier/seed,file=/proc/self/fd/{}", spec.seed)});
  if (spec.memory >= 0)
    add({"-object",
         fmt::format("memory-backend-file,id=memory,share=on,size={}B,mem-path=/proc/self/fd/{}", spec.memory_bytes, spec.memory),
         "-machine", "memory-backend=memory"});
  if (spec.debugger >= 0)
    add({"-S", "-chardev", fmt::format("socket,id=debugger,fd={}", spec.debugger), "-gdb", "chardev:debugger"});
  if (spec.gdb_port.has_value()) add({"-S", "-gdb", fmt::format("tcp:127.0.0.1:{}", *spec.gdb_port)});
  return command;
}

}  // namespace caponier::tool
