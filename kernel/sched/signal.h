// Sending signals, and delivering them on the way back to the program.
//
// What stays true: SIGKILL and SIGSTOP are never blocked, ignored or handled; a fault whose signal is blocked, ignored or has no
// handler ends the program; a frame pushed for a handler gives back only registers a program may set (the port sees to that).
#pragma once

#include "kernel/arch/machine.h"
#include "kernel/sched/thread.h"
#include "lib/linux_abi/types.h"

namespace caponier::report {
// Tells of a fault in the program: cause, backtrace, registers. Implemented by the report.
void ProgramCrashed(const arch::TrapFrame& frame, const sched::SignalInfo& info);
}  // namespace caponier::report

namespace caponier::sched {

// Is there something this thread has to do before it may wait or run the program: a signal it does not block, or its end?
inline bool SignalWaits(const Thread& thread) {
  if (thread.exiting) return true;
  const Process* process = thread.process;
  if (process == nullptr) return false;
  const SignalSet wanted = ~thread.signals.blocked | thread.signals.awaited;
  return ((thread.signals.pending.set() | process->signals.pending.set()) & wanted) != 0 || process->signals.stopped;
}

// Wakes a thread from a wait that a signal may end; it then looks at SignalWaits.
void InterruptSleep(Thread& thread);
// Both keep kNoMemory for senders that must report it; the signal is then pending without its details.
Result<void> SendToThread(Thread& thread, const SignalInfo& info);
Result<void> SendToProcess(Process& process, const SignalInfo& info);
// A signal from the kernel's own doing (the terminal, a timer): SI_KERNEL.
SignalInfo KernelSignal(int signal);
// As if the program had sent itself the signal: SIGPIPE, SIGXFSZ.
void RaiseOnSelf(int signal);
// A synchronous signal that cannot be put off: when blocked or ignored, its default action is taken.
void ForceOnSelf(const SignalInfo& info);
// The program's instruction faulted: to its handler, or the end of the program with a crash report.
void DeliverFault(arch::TrapFrame& frame, const SignalInfo& info);

// Replaces the blocked set; SIGKILL and SIGSTOP are left out.
void SetBlocked(Thread& thread, SignalSet blocked);
// Changes an action; what is pending and now ignored goes away.
void SetAction(Process& process, int signal, const SignalAction& action);

// The mask that ppoll, pselect and epoll_pwait bring along. In force until RestoreMaskUnlessInterrupted, or, when the wait was
// interrupted, until the handler has been entered, whose return restores the old one.
void SetTemporaryMask(Thread& thread, SignalSet blocked);
void RestoreMaskUnlessInterrupted(Thread& thread, bool interrupted);

// The signal to be taken by rt_sigtimedwait out of `wanted`: number 0 when none waits.
SignalInfo TakePending(Thread& thread, SignalSet wanted);
// Everything a thread has to do before it runs the program with `frame`.
void PrepareReturn(Thread& thread, arch::TrapFrame& frame);
linux_abi::Siginfo EncodeSignalInfo(const SignalInfo& info);

// sigaltstack(2) as it is seen at stack pointer `sp`: flags with SS_ONSTACK where it holds.
bool OnAlternateStack(const Thread& thread, u64 sp);
u32 AlternateStackFlags(const Thread& thread, u64 sp);
Result<void> SetAlternateStack(Thread& thread, const AlternateStack& stack, u64 sp);

}  // namespace caponier::sched
