// What `caponier run` was asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/types.h"
#include "tool/arch.h"
#include "tool/order/kernel_order.h"

namespace caponier::tool {

enum class AcceleratorChoice { kAuto, kKvm, kTcg };

struct RunOptions {
  std::optional<Arch> arch;
  std::optional<u64> memory_bytes;       // none: as the files need
  std::vector<std::string> environment;  // "K=V", or "K" for the tool's own value
  std::optional<std::string> workdir;
  std::optional<std::string> root, sysroot;
  std::vector<std::string> with;  // more host files and directories to pack
  AcceleratorChoice accelerator = AcceleratorChoice::kAuto;
  std::string layout, wx, tagging, heap, kernel_heap;  // empty: the default
  std::string heap_settings;                           // as CAPONIER_HEAP has them, checked
  order::KernelOrder kernel_order = order::KernelOrder::kRandom;
  bool trace = false, gdb = false, console = false;
  std::optional<std::string> report, seed_file;
  std::vector<std::string> program;  // PROGRAM and ARGS; empty: the tour
};

}  // namespace caponier::tool
