// The file that --report asks for: the machine's own report with a "launcher" part added.
#pragma once

#include <string>
#include <vector>

#include "tool/machine/qemu.h"
#include "tool/machine/session.h"
#include "tool/unique_fd.h"

namespace caponier::tool {

struct LaunchFacts {
  Arch arch = kHostArch;
  Accelerator accelerator = Accelerator::kTcg;
  std::vector<std::string> command = {};
  u64 archive_bytes = 0;
  Clock::time_point start{}, packed{}, spawned{};
  int status = 0;  // the tool's own exit status
  std::string kernel_order = "fixed";
  std::string heap = "libc";  // the program's: "tagged" when its C library was asked for tags and has them
};

std::string RenderReport(const LaunchFacts& facts, const Outcome& outcome);
// The file, before the run: what cannot be written should be said before the program has done its work. It keeps its old content.
// A named pipe is written to when somebody reads it, and refused otherwise.
UniqueFd OpenReport(const std::string& path);
void WriteReport(int file, const std::string& path, const LaunchFacts& facts, const Outcome& outcome);

}  // namespace caponier::tool
