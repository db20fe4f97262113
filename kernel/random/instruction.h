// The processor's random number instruction, in stage 1 and after boot. FindRandomInstruction has a file an architecture.
#pragma once

#include <optional>

#include "lib/entropy/source.h"
#include "lib/random/random.h"

namespace caponier::kernel::random {

struct RandomInstruction {
  const entropy::SourceProfile* profile = nullptr;  // null: the processor has none
  std::optional<u64> (*read)() = nullptr;
};
RandomInstruction FindRandomInstruction();
// Harvests the start-up test, and as much more as the root lacks to be seeded; nothing when the processor has no such instruction.
void HarvestRandomInstruction(::caponier::random::Root& root);

}  // namespace caponier::kernel::random
