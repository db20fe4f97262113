// Where the parts built with this tool lie: the kernels and the guest programs.
#pragma once

#include <string>
#include <string_view>

#include "tool/arch.h"
#include "tool/c_library.h"

namespace caponier::tool {

class Install {
 public:
  // From the tool's own place, build/PRESET/tool/caponier-tool.
  static Install FromSelf();
  explicit Install(std::string build_directory) : build_(std::move(build_directory)) {}

  // Each has the launcher build what it called stale, when it started the tool; throws Failure when the file is absent.
  std::string Kernel(Arch arch) const;         // what the emulator loads
  std::string KernelSymbols(Arch arch) const;  // for a debugger
  // The test build that `caponier bench layout` measures against; built on request.
  std::string FixedLayoutKernel(Arch arch) const;
  std::string GuestProgram(Arch arch, const std::string& name) const;
  std::string HeapLibrary(Arch arch, CLibrary over) const;  // libcaponier-heap for such programs
  std::string Emulator(const std::string& name) const { return build_ + "/emulator/usr/bin/" + name; }  // may be absent

 private:
  std::string KernelNamed(Arch arch, std::string_view name) const;
  std::string Require(Arch arch, const std::string& path) const;
  std::string build_;
};

}  // namespace caponier::tool
