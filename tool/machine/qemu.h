// The emulator's command line: which machine the kernel boots on. Everything not named here is absent from the machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/types.h"
#include "tool/arch.h"

namespace caponier::tool {

enum class Accelerator { kKvm, kTcg };
constexpr std::string_view NameOf(Accelerator accelerator) { return accelerator == Accelerator::kKvm ? "kvm" : "tcg"; }

struct MachineSpec {
  Arch arch = kHostArch;
  Accelerator accelerator = Accelerator::kTcg;
  u64 memory_bytes = 0;
  std::string kernel = {};
  // Descriptors that the emulator inherits.
  int archive = -1, seed = -1, link = -1, console = -1;
  int kernel_file = -1;              // if that is where `kernel` leads
  std::optional<int> gdb_port = {};  // halt before the first instruction and wait for a debugger there
  // Likewise for an audit: the debugger's end of a socket, and a file that is the machine's memory, as long as it.
  int debugger = -1, memory = -1;
};

std::vector<std::string> QemuCommand(const MachineSpec& spec);
// The emulator for an architecture: the one that the launcher unpacked beside this build, if any, else by its name, for PATH.
std::string QemuProgram(Arch arch);

}  // namespace caponier::tool
