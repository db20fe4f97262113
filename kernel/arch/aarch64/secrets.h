// What the processor is keyed with, drawn once by stage 1 before the first signed return address exists.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

struct MachineSecrets {
  struct Key {
    u64 low, high;
  };
  Key instruction_a, instruction_b, data_a, data_b, generic;
};
// Loaded into the processor and wiped by InitCpu.
extern MachineSecrets g_secrets;

}  // namespace caponier::arch

extern "C" {
// The low half of instruction key A, the one key the kernel signs with: vectors.S exchanges the two on the way in and out, and each thread
// has its own for the kernel (the boot thread stage 1's). Halves
// are enough: what one side signs is under 64 bits that the other does not have, and a write of a key costs more than the rest
// of a system call's entry.
extern caponier::u64 g_kernel_key, g_program_key;

// What tags are drawn by: the kernel's state is in the registers while the kernel runs, the program's else.
struct TagGenerators {
  caponier::u64 kernel_state, program_state;  // RGSR_EL1
  caponier::u64 program_control;              // GCR_EL1
};
extern TagGenerators g_tag_generators;
}
