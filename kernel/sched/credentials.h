// Who the program is. It starts as root of its own machine and may give that up; ids it gave up do not come back.
#pragma once

#include "lib/base/types.h"

namespace caponier::sched {

struct Identity {
  u32 real = 0, effective = 0, saved = 0, filesystem = 0;
};

struct Credentials {
  static constexpr u32 kMaxGroups = 64;
  Identity user, group;
  u32 groups[kMaxGroups] = {};
  u32 group_count = 0;
  // Capability sets; all 41 of Linux 6.1 (CAP_LAST_CAP is CAP_CHECKPOINT_RESTORE, 40).
  static constexpr u64 kAllCapabilities = (u64{1} << 41) - 1;
  u64 effective = kAllCapabilities, permitted = kAllCapabilities, inheritable = 0, bounding = kAllCapabilities, ambient = 0;
  bool keep_capabilities = false;  // over a change of user id
};

}  // namespace caponier::sched
