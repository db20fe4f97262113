// Whether KVM runs our machines here. That /dev/kvm exists says little: nested and partial implementations start a guest and
// hang it. So the kernel is booted once with a program that only exits, and the verdict is kept until the host boots again or
// the kernel or the emulator changes.
#pragma once

#include <functional>
#include <string>

#include "tool/machine/qemu.h"

namespace caponier::tool {

// `boots` boots a probe under KVM and says whether it came back right; it is called when no verdict is kept.
Accelerator ChooseAccelerator(Arch arch, const std::string& kernel, const std::function<bool()>& boots);

// The kept verdict's file and the line that must open it for the verdict to count.
struct ProbeCache {
  std::string path, key;
  std::optional<bool> Load() const;
  void Store(bool works) const;
};

// The archive's one program for the probe: a static ELF for the host's architecture that ends with this status.
inline constexpr int kProbeStatus = 42;
std::string ProbeProgram();

}  // namespace caponier::tool
