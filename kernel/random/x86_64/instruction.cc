#include "kernel/random/instruction.h"

#include "kernel/arch/x86_64/features.h"
#include "lib/arch/x86_instructions.h"
#include "lib/entropy/sources/cpu_instruction.h"

namespace caponier::kernel::random {

RandomInstruction FindRandomInstruction() {
  if (arch::Features().rdseed) return {&entropy::kCpuSeedProfile, arch::ExecuteRdseed};
  if (arch::Features().rdrand) return {&entropy::kCpuRandomProfile, arch::ExecuteRdrand};
  return {};
}

}  // namespace caponier::kernel::random
