// The processor's random number instruction, for use after boot. One file an architecture.
#pragma once

#include <optional>

#include "lib/entropy/source.h"

namespace caponier::kernel::random {

struct RandomInstruction {
  const entropy::SourceProfile* profile = nullptr;  // null: the processor has none
  std::optional<u64> (*read)() = nullptr;
};
RandomInstruction FindRandomInstruction();

}  // namespace caponier::kernel::random
