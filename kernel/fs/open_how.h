// open(2)'s flags, taken apart once: their values differ between the architectures.
#pragma once

#include "lib/base/types.h"

namespace caponier::fs {

struct OpenHow {
  bool read = true, write = false;
  bool append = false, nonblocking = false, close_on_exec = false;
  bool create = false, exclusive = false, truncate = false, temporary = false;
  bool directory = false;  // must be one
  bool no_follow = false;  // the last component must not be a symbolic link
  bool path_only = false;  // O_PATH
  bool keep_access_time = false;
  u32 status_flags = 0;  // what F_GETFL shows
  u32 mode = 0;          // for a new file, before the umask
};

OpenHow ParseOpenFlags(u32 flags, u32 mode);
// The flags that F_SETFL may change.
u32 ChangeableStatusFlags();

}  // namespace caponier::fs
