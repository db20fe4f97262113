#include "kernel/random/instruction.h"

#include "lib/entropy/sources/cpu_instruction.h"
#include "lib/random/harvest.h"

namespace caponier::kernel::random {

void HarvestRandomInstruction(::caponier::random::Root& root) {
  const RandomInstruction found = FindRandomInstruction();
  if (found.profile == nullptr) return;
  entropy::CpuInstruction source(*found.profile, found.read);
  // With a seed at hand already no more than the start-up test is drawn before the program starts: testing and hashing as many words as
  // a seed from RDRAND alone takes would be half of a boot. GatherIfDue goes on while the program runs.
  const bool seeded = root.Proof().ok();
  ::caponier::random::Harvest(root, source, seeded ? u64{entropy::kWordStartup} : entropy::BootWords(*found.profile));
}

}  // namespace caponier::kernel::random
