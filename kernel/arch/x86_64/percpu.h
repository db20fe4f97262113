// What the entry code reaches through GS. Offsets are used by trap.S.
#pragma once

#include <cstddef>

#include "lib/base/types.h"

namespace caponier::arch {

// Hardware's task state [intel-sdm] vol. 3A 8.7.
struct [[gnu::packed]] TaskState {
  u32 reserved0;
  u64 rsp0, rsp1, rsp2;
  u64 reserved1;
  u64 ist[7];
  u64 reserved2;
  u16 reserved3, io_map;
};
static_assert(sizeof(TaskState) == 104);

// In a region of its own, which nothing but GS leads to.
struct PerCpu {
  u64 kernel_stack_top = 0;  // 0: of the thread that runs now
  u64 user_sp = 0;           // 8: scratch of the system call entry
  TaskState task = {};
};

// Where entries from the program begin their stack, from now on.
inline void SetEntryStack(u64 top) {
  asm volatile("movq %0, %%gs:%c1; movq %0, %%gs:%c2" ::"r"(top), "i"(offsetof(PerCpu, kernel_stack_top)),
               "i"(offsetof(PerCpu, task) + offsetof(TaskState, rsp0))
               : "memory");
}

}  // namespace caponier::arch
