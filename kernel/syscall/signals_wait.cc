// Waiting for signals.
#include "kernel/sched/signal.h"
#include "kernel/syscall/call.h"
#include "kernel/syscall/time_values.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

// Until a signal is to be delivered; the call ends with it.
Error WaitForAnySignal() {
  for (;;) {
    const Result<void> result = sched::Block(sched::kForever, sched::Interruptible::kYes);
    if (!result.ok()) return result.error();
  }
}

}  // namespace

Result<i64> SysPause(Call&) { return WaitForAnySignal(); }

Result<i64> SysRtSigsuspend(Call& call) {
  if (call[1] != kSigsetBytes) return Error::kInvalidArgument;
  const auto mask = TRY(mm::ReadUser<u64>(call[0]));
  sched::SetTemporaryMask(call.thread, mask);
  return WaitForAnySignal();
}

Result<i64> SysRtSigtimedwait(Call& call) {
  if (call[3] != kSigsetBytes) return Error::kInvalidArgument;
  const sched::SignalSet wanted = TRY(mm::ReadUser<u64>(call[0])) & ~sched::kUnblockableSignals;
  u64 deadline = sched::kForever;
  if (call[2] != 0) {
    const auto timeout = TRY(mm::ReadUser<Timespec>(call[2]));
    deadline = DeadlineAfter(TRY(NanosecondsOf(timeout)));
  }
  sched::ThreadSignals& signals = call.thread.signals;
  sched::SignalInfo info;
  Result<void> waited;
  for (;;) {
    info = sched::TakePending(call.thread, wanted);
    if (info.signal != 0 || !waited.ok()) break;
    signals.awaited = wanted;
    waited = sched::Block(deadline, sched::Interruptible::kYes);
    signals.awaited = 0;
  }
  if (info.signal == 0) return waited.error() == Error::kTimedOut ? Error::kWouldBlock : waited.error();
  if (call[1] != 0) TRY(mm::CopyToUser(call[1], BytesOf(sched::EncodeSignalInfo(info))));
  return info.signal;
}

}  // namespace caponier::syscall
