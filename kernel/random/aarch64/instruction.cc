#include "kernel/random/instruction.h"

#include "kernel/arch/aarch64/features.h"
#include "lib/arch/arm_instructions.h"
#include "lib/entropy/sources/cpu_instruction.h"

namespace caponier::kernel::random {

RandomInstruction FindRandomInstruction() {
  if (!arch::CpuFeatures().random) return {};
  return {&entropy::kCpuSeedProfile, arch::ExecuteRndrrs};
}

}  // namespace caponier::kernel::random
