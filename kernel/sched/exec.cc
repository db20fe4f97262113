// What execve(2) asks of threads: all but the caller end, and the caller forgets what belonged to the program before.
#include "kernel/sched/exec.h"

#include "kernel/sched/interval_timers.h"
#include "kernel/sched/scheduler.h"
#include "kernel/sched/signal.h"

namespace caponier::sched {

void EndOtherThreads() {
  Thread& self = CurrentThread();
  Process& process = *self.process;
  for (Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread)) {
    if (thread == &self) continue;
    thread->exiting = true;
    InterruptSleep(*thread);
  }
  while (process.threads.size() > 1) (void)WaitOn(process.thread_ended, kForever, Interruptible::kNo);
}

void ForgetProgram(mm::AddressSpace& fresh) {
  Thread& self = CurrentThread();
  Process& process = *self.process;
  ActivateMemory(fresh);
  process.ApplyMemoryLimits();
  self.tid = process.pid;  // whichever thread called, it is the main one now
  process.private_barriers = false;
  self.clear_child_tid = self.robust_list = self.rseq = 0;
  self.signals.alternate = {};
  self.signals.restore_mask = false;
  // Handlers were functions of the old program; what it ignored stays ignored [execve(2)].
  for (SignalAction& action : process.signals.actions)
    action = {.handler = action.handler == kHandlerIgnore ? kHandlerIgnore : kHandlerDefault};
  DeletePosixTimers(process);
  arch::InitFpuState(self.machine.fpu);
  arch::RestoreFpuState(self.machine.fpu);
  arch::SetThreadPointer(0);
  // Refused where there are no tagged addresses, and then there is nothing to reset.
  (void)arch::SetTaggedAddressControl(0);
  self.signals.tagging_control = 0;
}

}  // namespace caponier::sched
