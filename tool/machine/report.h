// The file that --report asks for: the machine's own report with a "launcher" part added.
#pragma once

#include <string>
#include <vector>

#include "tool/machine/qemu.h"
#include "tool/machine/session.h"

namespace caponier::tool {

struct LaunchFacts {
  Arch arch = kHostArch;
  Accelerator accelerator = Accelerator::kTcg;
  std::vector<std::string> command = {};
  u64 archive_bytes = 0;
  Clock::time_point start{}, packed{}, spawned{};
  int status = 0;  // the tool's own exit status
};

std::string RenderReport(const LaunchFacts& facts, const Outcome& outcome);
void WriteReport(const std::string& path, const LaunchFacts& facts, const Outcome& outcome);

}  // namespace caponier::tool
