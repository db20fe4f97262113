// The programs and libraries of this process, as they lie in memory.
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace caponier::hosted {

struct LoadedModule {
  u64 begin = 0, end = 0;
  u64 bias = 0;           // of its addresses from those in its file
  u64 unwind_header = 0;  // PT_GNU_EH_FRAME; 0: none
  std::string_view name;  // without its folder
};

// The one that `address` is in. Without a lock where the C library has a way for that, which glibc has.
bool FindModule(u64 address, LoadedModule* module);

}  // namespace caponier::hosted
