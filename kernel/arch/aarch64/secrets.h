// What the processor is keyed with, drawn once by stage 1 before the first signed return address exists.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

struct MachineSecrets {
  struct Key {
    u64 low, high;
  };
  Key instruction_b, data_a, data_b, generic;  // the program's; the kernel signs with instruction key A alone
  u64 tag_seed;                                // RGSR_EL1.SEED, never zero
};
// Loaded into the processor and wiped by InitCpu.
extern MachineSecrets g_secrets;

}  // namespace caponier::arch

extern "C" {
// Instruction key A: vectors.S exchanges the two on the way in and out.
extern caponier::arch::MachineSecrets::Key g_kernel_key, g_program_keys;
}
