// What a thread owns of the machine besides its trap frame.
#pragma once

#include <cstddef>

#include "lib/base/types.h"

namespace caponier::arch {

// Each return address takes 8 bytes of a shadow stack and, with the frame pointer, 16 or more of the stack. One that runs over meets its guard.
inline constexpr u64 kShadowStackBytes = kPageSize;

struct ThreadState {
  u64 kernel_sp = 0;                          // saved by SwitchThread; the callee-saved registers lie there
  u64 shadow_sp = 0;                          // likewise x18
  u64 shadow_stack = 0;                       // where that began
  u64 kernel_stack_top = 0;                   // where the trap frame ends
  u64 thread_pointer = 0;                     // TPIDR_EL0, while the thread does not run
  u64 tagged_address_control = 0;             // prctl(PR_SET_TAGGED_ADDR_CTRL) as given; new threads inherit it
  u64 fault_syndrome = 0, fault_address = 0;  // ESR and FAR of the fault whose signal is not delivered yet
  std::byte* fpu = nullptr;                   // FpuStateSize() bytes; null for a thread that never runs a program
};

}  // namespace caponier::arch
