// Sleeping until a deadline, with what nanosleep(2) owes a sleeper whom a signal woke.
#pragma once

#include "kernel/sched/thread.h"

namespace caponier::sched {

// Ends with kInterrupted when a signal waits; the thread then has Restart::kContinue, and goes on when no handler runs.
Result<void> SleepUntil(Thread& thread, u64 deadline_ns);
// The rest of an interrupted sleep, on the way back to the program; puts the result into `frame`.
void ContinueSleep(Thread& thread, arch::TrapFrame& frame);

}  // namespace caponier::sched
