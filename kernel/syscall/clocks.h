// Clock ids, clock_gettime(2): the named ones, and those that stand for a thread's or a process's CPU time.
#pragma once

#include "kernel/sched/thread.h"
#include "lib/base/result.h"
#include "lib/linux_abi/event_flags.h"

namespace caponier::syscall {

struct ClockRef {
  enum class Kind : u8 { kReal, kMonotonic, kProcessCpu, kThreadCpu } kind = Kind::kMonotonic;
  bool coarse = false;
  i32 tid = 0;  // kThreadCpu

  bool cpu_time() const { return kind == Kind::kProcessCpu || kind == Kind::kThreadCpu; }
};

// kInvalidArgument for ids that name no clock, or a thread that is gone.
Result<ClockRef> ClockOf(sched::Thread& thread, i32 id);
u64 ReadClock(sched::Thread& thread, const ClockRef& clock);

}  // namespace caponier::syscall
