#include "kernel/sched/signal.h"

#include "kernel/sched/interval_timers.h"
#include "kernel/sched/scheduler.h"
#include "kernel/syscall/trace.h"

namespace caponier::sched {
namespace {

using namespace linux_abi;

bool Ignored(const Process& process, int signal) {
  const u64 handler = process.signals.actions[signal - 1].handler;
  if (handler == kHandlerIgnore) return true;
  return handler == kHandlerDefault && DefaultActionOf(signal) == DefaultAction::kIgnore;
}

bool Wants(const Thread& thread, int signal) {
  return !thread.exiting && ((~thread.signals.blocked | thread.signals.awaited) & SignalBit(signal)) != 0;
}

// Stopping and continuing cancel each other even while blocked [signal(7)].
void BeforeSend(Process& process, int signal) {
  SignalSet cancelled = 0;
  if (signal == kSIGCONT || signal == kSIGKILL) {
    if (signal == kSIGCONT) cancelled = kStopSignals;
    if (process.signals.stopped) {
      process.signals.stopped = false;
      process.continued.WakeAll();
    }
  } else if ((SignalBit(signal) & kStopSignals) != 0) {
    cancelled = SignalBit(kSIGCONT);
  }
  if (cancelled == 0) return;
  process.signals.pending.Discard(cancelled);
  for (Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread))
    thread->signals.pending.Discard(cancelled);
}

}  // namespace

void InterruptSleep(Thread& thread) {
  if (thread.state != ThreadState::kBlocked || !thread.interruptible) return;
  thread.interrupted = true;
  MakeReady(thread);
}

Result<void> SendToThread(Thread& thread, const SignalInfo& info) {
  BeforeSend(*thread.process, info.signal);
  // An ignored signal that is blocked waits all the same: the program may yet ask for it.
  if (Ignored(*thread.process, info.signal) && Wants(thread, info.signal)) return {};
  const Result<void> result = thread.signals.pending.Add(info);
  thread.process->signals.sent.WakeAll();
  if (Wants(thread, info.signal)) InterruptSleep(thread);
  return result;
}

Result<void> SendToProcess(Process& process, const SignalInfo& info) {
  BeforeSend(process, info.signal);
  // Any thread that does not block it takes it; the main thread first, as it comes first in the list.
  Thread* taker = nullptr;
  for (Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread)) {
    if (!Wants(*thread, info.signal)) continue;
    if (taker == nullptr || thread->state != ThreadState::kBlocked) taker = thread;
    if (taker->state != ThreadState::kBlocked || taker->interruptible) break;
  }
  if (Ignored(process, info.signal) && taker != nullptr && (taker->signals.awaited & SignalBit(info.signal)) == 0) return {};
  const Result<void> result = process.signals.pending.Add(info);
  process.signals.sent.WakeAll();
  if (taker != nullptr) InterruptSleep(*taker);
  return result;
}

SignalInfo KernelSignal(int signal) { return {.signal = signal, .code = kSI_KERNEL}; }

void RaiseOnSelf(int signal) {
  Thread& thread = CurrentThread();
  (void)SendToThread(thread, {.signal = signal, .code = kSI_USER, .pid = thread.process->pid, .uid = thread.process->user_id});
}

void ForceOnSelf(const SignalInfo& info) {
  Thread& thread = CurrentThread();
  SignalAction& action = thread.process->signals.actions[info.signal - 1];
  const SignalSet bit = SignalBit(info.signal);
  if ((thread.signals.blocked & bit) != 0 || action.handler == kHandlerIgnore) action = {};
  thread.signals.blocked &= ~bit;
  (void)thread.signals.pending.Add(info);
}

void DeliverFault(arch::TrapFrame& frame, const SignalInfo& info) {
  Thread& thread = CurrentThread();
  const SignalAction& action = thread.process->signals.actions[info.signal - 1];
  const bool handled = action.handler != kHandlerDefault && action.handler != kHandlerIgnore;
  if (handled && (thread.signals.blocked & SignalBit(info.signal)) == 0) {
    (void)thread.signals.pending.Add(info);
    return;
  }
  if (syscall::Tracing()) syscall::TraceSignal(EncodeSignalInfo(info));
  report::ProgramCrashed(frame, info);
  ExitProcess(0, info.signal);
}

void SetBlocked(Thread& thread, SignalSet blocked) {
  thread.signals.blocked = blocked & ~kUnblockableSignals;
  // A signal for the process that this thread no longer takes may have another taker, who sleeps.
  Process& process = *thread.process;
  const SignalSet left = process.signals.pending.set() & thread.signals.blocked;
  if (left == 0) return;
  for (Thread* other = process.threads.front(); other != nullptr; other = process.threads.Next(other)) {
    if (other != &thread && (left & ~other->signals.blocked) != 0) InterruptSleep(*other);
  }
}

void SetAction(Process& process, int signal, const SignalAction& action) {
  process.signals.actions[signal - 1] = action;
  process.signals.actions[signal - 1].mask &= ~kUnblockableSignals;
  if (!Ignored(process, signal)) return;
  process.signals.pending.Discard(SignalBit(signal));
  for (Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread))
    thread->signals.pending.Discard(SignalBit(signal));
  OnTimerSignalsDiscarded(process, SignalBit(signal));
}

void SetTemporaryMask(Thread& thread, SignalSet blocked) {
  thread.signals.saved_mask = thread.signals.blocked;
  thread.signals.restore_mask = true;
  SetBlocked(thread, blocked);
}

void RestoreMaskUnlessInterrupted(Thread& thread, bool interrupted) {
  if (interrupted || !thread.signals.restore_mask) return;
  thread.signals.restore_mask = false;
  SetBlocked(thread, thread.signals.saved_mask);
}

SignalInfo TakePending(Thread& thread, SignalSet wanted) {
  // A fault of this thread comes before all else; then what was sent to the thread, then what was sent to the process.
  PendingSignals* from = &thread.signals.pending;
  int signal = PickSignal(from->set() & wanted);
  if (signal == 0) {
    from = &thread.process->signals.pending;
    signal = PickSignal(from->set() & wanted);
  }
  if (signal == 0) return {};
  SignalInfo info = from->Take(signal);
  if (info.code == kSI_TIMER) OnTimerSignalTaken(*thread.process, info);
  return info;
}

linux_abi::Siginfo EncodeSignalInfo(const SignalInfo& info) {
  linux_abi::Siginfo out;
  out.signo = info.signal;
  out.error = info.error;
  out.code = info.code;
  const bool from_kernel = info.code > kSI_USER && info.code < kSI_KERNEL;
  const bool fault = (kSynchronousSignals & SignalBit(info.signal)) != 0 && info.signal != kSIGSYS;
  if (from_kernel && fault) {
    out.fault.addr = info.address;
  } else if (from_kernel && info.signal == kSIGSYS) {
    out.sys.call_addr = info.address;
    out.sys.syscall = static_cast<i32>(info.value);
    out.sys.arch = info.uid;
  } else if (from_kernel && info.signal == kSIGCHLD) {
    out.child.pid = info.pid;
    out.child.uid = info.uid;
    out.child.status = static_cast<i32>(info.value);
  } else if (info.code == kSI_TIMER) {
    out.timer.tid = info.pid;
    out.timer.overrun = info.timer_overrun;
    out.timer.value = info.value;
  } else if (info.code < 0) {
    out.queued.pid = info.pid;
    out.queued.uid = info.uid;
    out.queued.value = info.value;
  } else {
    out.kill.pid = info.pid;
    out.kill.uid = info.uid;
  }
  return out;
}

}  // namespace caponier::sched
