// Signal state: actions, masks, alternate stacks, the return from a handler; and sending.
#include "kernel/sched/signal.h"
#include "kernel/syscall/call.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using sched::SignalInfo;
using sched::SignalSet;

Result<SignalSet> ReadSet(u64 address) { return mm::ReadUser<u64>(address); }

// The sender as siginfo shows it.
SignalInfo FromSelf(Call& call, int signal, int code) {
  return {.signal = signal, .code = code, .pid = call.process().pid, .uid = call.process().credentials.user.real};
}

// What rt_sigqueueinfo's caller wrote: the details travel as they are.
Result<SignalInfo> ReadInfo(int signal, u64 address) {
  const auto given = TRY(mm::ReadUser<Siginfo>(address));
  return SignalInfo{.signal = signal,
                    .code = given.code,
                    .error = given.error,
                    .pid = given.queued.pid,
                    .uid = given.queued.uid,
                    .value = given.queued.value};
}

Result<void> CheckSignal(int signal) {
  return signal >= 0 && signal <= sched::kSignalCount ? Result<void>{} : Error::kInvalidArgument;
}

// A queue that is full is an error only for who asked for queueing.
Result<void> Queued(const Result<void>& sent) { return sent.ok() ? sent : Result<void>(Error::kWouldBlock); }

bool QueueFull(const sched::Thread& thread) {
  return thread.signals.pending.queued() + thread.process->signals.pending.queued() >=
         thread.process->limits.of[kRLIMIT_SIGPENDING].soft;
}

Result<sched::Thread*> TargetOf(Call& call, int process, int tid) {
  if (tid <= 0) return Error::kInvalidArgument;
  if (process != call.process().pid) return Error::kNoProcess;
  sched::Thread* thread = sched::FindThread(call.process(), tid);
  if (thread == nullptr) return Error::kNoProcess;
  return thread;
}

Result<i64> SendTo(Call& call, int process, int tid, int signal) {
  sched::Thread* thread = TRY(TargetOf(call, process, tid));
  TRY(CheckSignal(signal));
  if (signal != 0) (void)sched::SendToThread(*thread, FromSelf(call, signal, kSI_TKILL));
  return 0;
}

}  // namespace

Result<i64> SysRtSigaction(Call& call) {
  const int signal = call.Int(0);
  if (call[3] != kSigsetBytes) return Error::kInvalidArgument;
  Sigaction wanted;
  if (call[1] != 0) wanted = TRY(mm::ReadUser<Sigaction>(call[1]));
  if (!sched::IsSignal(signal)) return Error::kInvalidArgument;
  if (call[1] != 0 && (sched::SignalBit(signal) & sched::kUnblockableSignals) != 0) return Error::kInvalidArgument;
  const sched::SignalAction old = call.process().signals.actions[signal - 1];
  if (call[1] != 0) {
    // Flags the kernel does not know are cleared, which is how programs find out [sigaction(2)] SA_UNSUPPORTED.
    constexpr u64 kKnown = kSA_NOCLDSTOP | kSA_NOCLDWAIT | kSA_SIGINFO | kSA_ONSTACK | kSA_RESTART | kSA_NODEFER |
                           u64{kSA_RESETHAND} | kSA_RESTORER | kSA_EXPOSE_TAGBITS;
    sched::SetAction(
        call.process(), signal,
        {.handler = wanted.handler, .flags = wanted.flags & kKnown, .restorer = wanted.restorer, .mask = wanted.mask});
  }
  if (call[2] != 0) TRY(mm::WriteUser(call[2], Sigaction{old.handler, old.flags, old.restorer, old.mask}));
  return 0;
}

Result<i64> SysRtSigprocmask(Call& call) {
  if (call[3] != kSigsetBytes) return Error::kInvalidArgument;
  const SignalSet old = call.thread.signals.blocked;
  if (call[1] != 0) {
    const SignalSet set = TRY(ReadSet(call[1]));
    switch (call.Int(0)) {
      case kSIG_BLOCK: sched::SetBlocked(call.thread, old | set); break;
      case kSIG_UNBLOCK: sched::SetBlocked(call.thread, old & ~set); break;
      case kSIG_SETMASK: sched::SetBlocked(call.thread, set); break;
      default: return Error::kInvalidArgument;
    }
  }
  if (call[2] != 0) TRY(mm::WriteUser(call[2], old));
  return 0;
}

Result<i64> SysRtSigpending(Call& call) {
  if (call[1] > kSigsetBytes) return Error::kInvalidArgument;
  const SignalSet pending =
      (call.thread.signals.pending.set() | call.process().signals.pending.set()) & call.thread.signals.blocked;
  TRY(mm::CopyToUser(call[0], BytesOf(pending).first(call[1])));
  return 0;
}

Result<i64> SysSigaltstack(Call& call) {
  const u64 sp = arch::StackPointer(call.frame);
  const sched::AlternateStack old = call.thread.signals.alternate;
  const u32 old_flags = sched::AlternateStackFlags(call.thread, sp);
  if (call[0] != 0) {
    const auto wanted = TRY(mm::ReadUser<StackT>(call[0]));
    TRY(sched::SetAlternateStack(call.thread, {.base = wanted.sp, .bytes = wanted.size, .flags = static_cast<u32>(wanted.flags)},
                                 sp));
  }
  if (call[1] != 0) TRY(mm::WriteUser(call[1], StackT{.sp = old.base, .flags = static_cast<i32>(old_flags), .size = old.bytes}));
  return 0;
}

Result<i64> SysRtSigreturn(Call& call) {
  const Result<arch::SignalReturn> popped = arch::PopSignalFrame(call.frame);
  if (!popped.ok()) {
    sched::ForceOnSelf(sched::KernelSignal(kSIGSEGV));
    return 0;
  }
  arch::ForgetSyscall(call.frame);
  const arch::SignalReturn& saved = popped.value();
  sched::SetBlocked(call.thread, saved.mask);
  (void)sched::SetAlternateStack(call.thread,
                                 {.base = saved.alternate_base, .bytes = saved.alternate_size, .flags = saved.alternate_flags},
                                 arch::StackPointer(call.frame));
  return static_cast<i64>(arch::SyscallReturn(call.frame));
}

Result<i64> SysKill(Call& call) {
  const int pid = call.Int(0), signal = call.Int(1);
  TRY(CheckSignal(signal));
  sched::Process& process = call.process();
  // The program's group, its process, or one of its threads, which stands for the process; -1 is everybody else: nobody.
  const bool self =
      pid == 0 || pid == -process.pid || (pid > 0 && sched::FindThread(process, pid) != nullptr) || pid == process.pid;
  if (!self || pid == -1) return Error::kNoProcess;
  if (signal != 0) (void)sched::SendToProcess(process, FromSelf(call, signal, kSI_USER));
  return 0;
}

Result<i64> SysTkill(Call& call) { return SendTo(call, call.process().pid, call.Int(0), call.Int(1)); }

Result<i64> SysTgkill(Call& call) {
  if (call.Int(0) <= 0) return Error::kInvalidArgument;
  return SendTo(call, call.Int(0), call.Int(1), call.Int(2));
}

Result<i64> SysRtSigqueueinfo(Call& call) {
  const int pid = call.Int(0), signal = call.Int(1);
  const SignalInfo info = TRY(ReadInfo(signal, call[2]));
  if (pid != call.process().pid && sched::FindThread(call.process(), pid) == nullptr) return Error::kNoProcess;
  TRY(CheckSignal(signal));
  if (signal == 0) return 0;
  if (QueueFull(call.thread)) return Error::kWouldBlock;
  TRY(Queued(sched::SendToProcess(call.process(), info)));
  return 0;
}

Result<i64> SysRtTgsigqueueinfo(Call& call) {
  const int signal = call.Int(2);
  const SignalInfo info = TRY(ReadInfo(signal, call[3]));
  if (call.Int(0) <= 0) return Error::kInvalidArgument;
  sched::Thread* thread = TRY(TargetOf(call, call.Int(0), call.Int(1)));
  TRY(CheckSignal(signal));
  if (signal == 0) return 0;
  if (QueueFull(*thread)) return Error::kWouldBlock;
  TRY(Queued(sched::SendToThread(*thread, info)));
  return 0;
}

// Only the kernel's own restarts continue a call, and they do not come through here.
Result<i64> SysRestartSyscall(Call&) { return Error::kInterrupted; }

}  // namespace caponier::syscall
