// Bytes that the program writes to /dev/random or /dev/urandom: mixed in, since the program may know something that we do not, and
// never credited, since it may know all of it. There is nothing to test and nothing to erase: the bytes are the program's.
#pragma once

#include "lib/entropy/source.h"

namespace caponier::entropy {

inline constexpr SourceProfile kProgramWriteProfile{.id = SourceId::kProgramWrite,
                                                    .name = "program-write",
                                                    .trust = TrustClass::kNobody,
                                                    .sample_bytes = 1,
                                                    .credit = {0},
                                                    .condition = false};

}  // namespace caponier::entropy
