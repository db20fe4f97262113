// The last step before a thread runs the program again: it gives way, stops, dies, or enters a signal handler.
//
// The order is Linux's [signal(7)]: what the thread's own instruction caused, then the lowest number, the thread's before the
// process's. A system call that a signal cut short is made again when no handler runs, or when the handler's SA_RESTART says so.
#include "kernel/sched/restartable_sequence.h"
#include "kernel/sched/scheduler.h"
#include "kernel/sched/secrets.h"
#include "kernel/sched/signal.h"
#include "kernel/sched/sleep.h"
#include "kernel/syscall/trace.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::sched {
namespace {

using namespace linux_abi;

void CancelRestart(Thread& thread) { thread.signals.restart = Restart::kNone; }

// Before a handler: its SA_RESTART decides what the interrupted call's caller sees.
void ResolveRestartForHandler(Thread& thread, arch::TrapFrame& frame, const SignalAction& action) {
  if (thread.signals.restart == Restart::kRepeat && (action.flags & kSA_RESTART) != 0) arch::RestartSyscall(frame);
  CancelRestart(thread);  // the result in the frame is EINTR already
}

void ResolveRestartWithoutHandler(Thread& thread, arch::TrapFrame& frame) {
  switch (thread.signals.restart) {
    case Restart::kNone: return;
    case Restart::kRepeat:
    case Restart::kRepeatWithoutHandler: arch::RestartSyscall(frame); break;
    case Restart::kContinue:
      ContinueSleep(thread, frame);  // may be interrupted again, and set `restart` anew
      return;
  }
  CancelRestart(thread);
}

// Pushes the handler's frame. False when the stack cannot take it.
bool EnterHandler(Thread& thread, arch::TrapFrame& frame, const SignalInfo& info) {
  SignalAction& action = thread.process->signals.actions[info.signal - 1];
  ResolveRestartForHandler(thread, frame, action);
  AbortRestartableSequence(thread, frame);
  AlternateStack& alternate = thread.signals.alternate;
  const u64 sp = arch::StackPointer(frame);
  const bool switch_stack =
      (action.flags & kSA_ONSTACK) != 0 && (alternate.flags & kSS_DISABLE) == 0 && !OnAlternateStack(thread, sp);
  SignalInfo told = info;  // where the fault was, without the pointer's tag unless the handler asks for that [sigaction(2)]
  if ((action.flags & kSA_EXPOSE_TAGBITS) == 0) told.address = mm::WithoutTopByte(told.address);
  const linux_abi::Siginfo encoded = EncodeSignalInfo(told);
  const SignalSet old_mask = thread.signals.restore_mask ? thread.signals.saved_mask : thread.signals.blocked;
  const arch::SignalDelivery delivery{
      .signal = info.signal,
      .handler = action.handler,
      .restorer = (action.flags & kSA_RESTORER) != 0 ? action.restorer : thread.process->signal_return,
      .flags = action.flags,
      .mask = old_mask,
      .stack_top = switch_stack ? alternate.base + alternate.bytes : sp,
      .alternate_base = alternate.base,
      .alternate_size = alternate.bytes,
      .alternate_flags = alternate.flags,
      .info = BytesOf(encoded),
  };
  if (!arch::PushSignalFrame(frame, delivery).ok()) return false;
  // A handler that overruns the alternate stack from inside it must fault, not run below it.
  if (!switch_stack && OnAlternateStack(thread, sp) && !OnAlternateStack(thread, arch::StackPointer(frame))) return false;
  arch::ForgetSyscall(frame);
  if ((alternate.flags & kSS_AUTODISARM) != 0) alternate = {};
  SignalSet blocked = thread.signals.blocked | action.mask;
  if ((action.flags & kSA_NODEFER) == 0) blocked |= SignalBit(info.signal);
  thread.signals.restore_mask = false;
  if ((action.flags & kSA_RESETHAND) != 0) action.handler = kHandlerDefault;
  SetBlocked(thread, blocked);
  return true;
}

void StopUntilContinued(Process& process) {
  while (process.signals.stopped && !process.exiting) (void)WaitOn(process.continued, kForever, Interruptible::kNo);
}

void TakeDefaultAction(Thread& thread, arch::TrapFrame& frame, const SignalInfo& info) {
  switch (DefaultActionOf(info.signal)) {
    case DefaultAction::kIgnore:
    case DefaultAction::kContinue: return;
    case DefaultAction::kStop:
      // The program is alone in its session, an orphaned process group, which the terminal cannot stop [signal(7)].
      if (info.signal == kSIGSTOP) thread.process->signals.stopped = true;
      return;
    case DefaultAction::kCore:
      // abort() and its like are crashes; SIGQUIT from outside is not.
      if (info.code != kSI_KERNEL || info.signal != kSIGQUIT) report::ProgramCrashed(frame, info);
      ExitProcess(0, info.signal);
    case DefaultAction::kTerminate: ExitProcess(0, info.signal);
  }
}

void DeliverOne(Thread& thread, arch::TrapFrame& frame) {
  const SignalInfo info = TakePending(thread, ~thread.signals.blocked);
  if (info.signal == 0) return;
  if (syscall::Tracing()) syscall::TraceSignal(EncodeSignalInfo(info));
  const u64 handler = thread.process->signals.actions[info.signal - 1].handler;
  if (handler == kHandlerIgnore) return;
  if (handler == kHandlerDefault) {
    TakeDefaultAction(thread, frame, info);
    return;
  }
  if (EnterHandler(thread, frame, info)) return;
  // No stack for the handler: SIGSEGV, and when that is the handler without a stack, the end.
  if (info.signal == kSIGSEGV) thread.process->signals.actions[kSIGSEGV - 1] = {};
  ForceOnSelf(KernelSignal(kSIGSEGV));
}

bool MustDeliver(const Thread& thread) {
  const SignalSet pending = thread.signals.pending.set() | thread.process->signals.pending.set();
  return (pending & ~thread.signals.blocked) != 0 || thread.process->signals.stopped;
}

}  // namespace

bool OnAlternateStack(const Thread& thread, u64 sp) {
  const AlternateStack& stack = thread.signals.alternate;
  if ((stack.flags & kSS_AUTODISARM) != 0) return false;
  return sp > stack.base && sp - stack.base <= stack.bytes;
}

u32 AlternateStackFlags(const Thread& thread, u64 sp) {
  const AlternateStack& stack = thread.signals.alternate;
  if (stack.bytes == 0) return kSS_DISABLE;
  return (OnAlternateStack(thread, sp) ? kSS_ONSTACK : 0) | (stack.flags & kSS_AUTODISARM);
}

Result<void> SetAlternateStack(Thread& thread, const AlternateStack& wanted, u64 sp) {
  if (OnAlternateStack(thread, sp)) return Error::kNotPermitted;
  const u32 mode = wanted.flags & ~kSS_AUTODISARM;
  if (mode != 0 && mode != kSS_ONSTACK && mode != kSS_DISABLE) return Error::kInvalidArgument;
  AlternateStack stack = wanted;
  if (mode == kSS_DISABLE) {
    stack.base = stack.bytes = 0;
  } else if (stack.bytes < linux_abi::native::kMINSIGSTKSZ) {
    return Error::kNoMemory;
  }
  thread.signals.alternate = stack;
  return {};
}

// Apart, so that its variables are not on the stack of every return.
[[gnu::noinline]] void PrepareReturn(Thread& thread, arch::TrapFrame& frame) {
  for (;;) {
    if (NeedsReschedule()) Schedule();
    if (thread.exiting) ExitThread(thread.exit_status);
    if (MustDeliver(thread)) {
      StopUntilContinued(*thread.process);
      DeliverOne(thread, frame);
      continue;
    }
    if (thread.signals.restart != Restart::kNone) {
      ResolveRestartWithoutHandler(thread, frame);
      continue;
    }
    if (thread.signals.restore_mask) {
      RestoreMaskUnlessInterrupted(thread, false);
      continue;
    }
    break;
  }
  if (thread.preempted) {
    thread.preempted = false;
    AbortRestartableSequence(thread, frame);
  }
}

}  // namespace caponier::sched

namespace caponier::arch {

[[gnu::no_stack_protector]] void OnReturnToUser(TrapFrame& frame) {
  sched::Thread& thread = sched::CurrentThread();
  const bool quiet = !sched::NeedsReschedule() && !sched::SignalWaits(thread) && !thread.preempted &&
                     thread.signals.restart == sched::Restart::kNone && !thread.signals.restore_mask;
  if (!quiet) [[unlikely]] {
    sched::PrepareReturn(thread, frame);
    if (sched::SecretsAreOld(thread)) sched::RenewSecrets(thread);
  }
  sched::MoveNextEntry();
}

}  // namespace caponier::arch
