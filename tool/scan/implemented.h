// The system calls that the kernel implements, from the lists that its own dispatch table is made of.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/types.h"
#include "tool/arch.h"

namespace caponier::tool {

struct KnownCall {
  std::string_view name;
  bool implemented = false;
};

// Nothing for a number that the architecture's table does not have.
std::optional<KnownCall> LookUpCall(Arch arch, u32 number);

}  // namespace caponier::tool
