// Raw samples of one source, for assessment: `caponier entropy collect` boots a machine that runs no program and sends these instead.
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace caponier::kernel::random {

// Sends `count` samples, one byte each, as standard output, and ends the run. Samples are raw: neither tested nor conditioned. Of words each
// byte is a sample, of times the low byte.
[[noreturn]] void CollectRaw(std::string_view source, u64 count);

}  // namespace caponier::kernel::random
