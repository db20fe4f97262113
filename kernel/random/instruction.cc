#include "kernel/random/instruction.h"

#include "lib/entropy/sources/cpu_instruction.h"
#include "lib/random/harvest.h"

namespace caponier::kernel::random {

void HarvestRandomInstruction(::caponier::random::Root& root) {
  const RandomInstruction found = FindRandomInstruction();
  if (found.profile == nullptr) return;
  entropy::CpuInstruction source(*found.profile, found.read);
  ::caponier::random::Harvest(root, source, entropy::BootWords(*found.profile));
}

}  // namespace caponier::kernel::random
