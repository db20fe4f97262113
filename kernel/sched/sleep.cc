#include "kernel/sched/sleep.h"

namespace caponier::sched {

Result<void> SleepUntil(Thread& thread, u64 deadline_ns) {
  thread.sleep_deadline_ns = deadline_ns;
  for (;;) {
    const Result<void> result = Block(deadline_ns, Interruptible::kYes);
    if (result.ok()) continue;
    if (result.error() == Error::kTimedOut) return {};
    thread.signals.restart = Restart::kContinue;
    return result;
  }
}

void ContinueSleep(Thread& thread, arch::TrapFrame& frame) {
  thread.signals.restart = Restart::kNone;
  // Interrupted again, the frame keeps the EINTR it has.
  if (SleepUntil(thread, thread.sleep_deadline_ns).ok()) arch::SetSyscallReturn(frame, 0);
}

}  // namespace caponier::sched
