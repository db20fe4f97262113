// Starts a machine: makes its channels and seed, and the emulator with them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tool/machine/process.h"
#include "tool/machine/qemu.h"
#include "tool/machine/session.h"

namespace caponier::tool {

struct Machine {
  Process process;
  UniqueFd link, console;  // the tool's ends
  std::vector<std::string> command;
};

// `spec` as wanted; its descriptors other than the archive are filled in here.
Machine StartMachine(MachineSpec spec, const std::function<std::vector<std::string>(const MachineSpec&)>& command = QemuCommand);

}  // namespace caponier::tool
