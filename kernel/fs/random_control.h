// The entropy ioctls of /dev/random and /dev/urandom [random(4)].
#pragma once

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::fs {

Result<i64> RandomControl(u32 request, u64 argument);

}  // namespace caponier::fs
