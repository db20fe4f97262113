// What the entry code reaches through GS. Offsets are used by trap.S.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

struct PerCpu {
  u64 kernel_stack_top = 0;  // 0: of the thread that runs now
  u64 user_sp = 0;           // 8: scratch of the system call entry
};

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

extern PerCpu g_per_cpu;
extern TaskState g_task_state;

}  // namespace caponier::arch
