// futex, the robust list, and restartable sequences.
#include "kernel/sched/futex.h"
#include "kernel/sched/restartable_sequence.h"
#include "kernel/syscall/call.h"
#include "kernel/syscall/time_values.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using sched::FutexWord;

// The fourth argument as a deadline. FUTEX_WAIT counts from now, the others name a moment of the clock.
Result<u64> DeadlineOf(const Call& call, u32 command) {
  if (call[3] == 0) return sched::kForever;
  const auto timeout = TRY(mm::ReadUser<Timespec>(call[3]));
  const u64 ns = TRY(NanosecondsOf(timeout));
  if (command == kFUTEX_WAIT) return DeadlineAfter(ns);
  const bool real = command == kFUTEX_LOCK_PI || (call.Unsigned(1) & kFUTEX_CLOCK_REALTIME) != 0;
  return real ? DeadlineAtRealTime(ns) : ns;
}

Result<i64> Requeue(const Call& call, FutexWord from, FutexWord to, const u32* expected) {
  if (call.Int(2) < 0 || call.Int(3) < 0) return Error::kInvalidArgument;
  u32 moved = 0;
  const u32 woken = TRY(sched::RequeueFutex(from, to, call.Unsigned(2), call.Unsigned(3), expected, &moved));
  return i64{woken} + moved;
}

// FUTEX_WAKE counts as Linux does: the first waiter is woken before the count is looked at.
u32 WakeCount(const Call& call) { return call.Int(2) < 1 ? 1 : call.Unsigned(2); }

}  // namespace

Result<i64> SysFutex(Call& call) {
  const u32 command = call.Unsigned(1) & ~u32{kFUTEX_PRIVATE_FLAG | kFUTEX_CLOCK_REALTIME};
  const bool real_time = (call.Unsigned(1) & kFUTEX_CLOCK_REALTIME) != 0;
  if (real_time && command != kFUTEX_WAIT_BITSET && command != kFUTEX_LOCK_PI2) return Error::kNotImplemented;
  const auto scope = (call.Unsigned(1) & kFUTEX_PRIVATE_FLAG) != 0 ? sched::FutexScope::kPrivate : sched::FutexScope::kShared;
  const FutexWord first{call[0], scope}, second{call[4], scope};
  const u32 value = call.Unsigned(2), third = call.Unsigned(5);
  switch (command) {
    case kFUTEX_WAIT:
    case kFUTEX_WAIT_BITSET: {
      const u64 deadline = TRY(DeadlineOf(call, command));
      call.restartable = deadline == sched::kForever;
      TRY(sched::WaitFutex(first, value, command == kFUTEX_WAIT ? kFUTEX_BITSET_MATCH_ANY : third, deadline));
      return 0;
    }
    case kFUTEX_WAKE: return i64{TRY(sched::WakeFutex(first, WakeCount(call), kFUTEX_BITSET_MATCH_ANY))};
    case kFUTEX_WAKE_BITSET: return i64{TRY(sched::WakeFutex(first, WakeCount(call), third))};
    case kFUTEX_REQUEUE: return Requeue(call, first, second, nullptr);
    case kFUTEX_CMP_REQUEUE: return Requeue(call, first, second, &third);
    case kFUTEX_WAKE_OP: return i64{TRY(sched::WakeFutexOperation(first, second, WakeCount(call), call.Unsigned(3), third))};
    case kFUTEX_LOCK_PI:
    case kFUTEX_LOCK_PI2: {
      call.restartable = true;
      const u64 deadline = TRY(DeadlineOf(call, command));
      TRY(sched::LockFutex(first, deadline, sched::LockMode::kWait));
      return 0;
    }
    case kFUTEX_TRYLOCK_PI: TRY(sched::LockFutex(first, sched::kForever, sched::LockMode::kTry)); return 0;
    case kFUTEX_UNLOCK_PI: TRY(sched::UnlockFutex(first)); return 0;
    default: return Error::kNotImplemented;
  }
}

Result<i64> SysSetRobustList(Call& call) {
  if (call[1] != sizeof(RobustListHead)) return Error::kInvalidArgument;
  call.thread.robust_list = call[0];
  return 0;
}

Result<i64> SysGetRobustList(Call& call) {
  const sched::Thread* thread = call.Int(0) == 0 ? &call.thread : sched::FindThread(call.process(), call.Int(0));
  if (thread == nullptr) return Error::kNoProcess;
  TRY(mm::WriteUser(call[2], u64{sizeof(RobustListHead)}));
  TRY(mm::WriteUser(call[1], thread->robust_list));
  return 0;
}

Result<i64> SysRseq(Call& call) {
  const u32 flags = call.Unsigned(2);
  if ((flags & ~u32{kRSEQ_FLAG_UNREGISTER}) != 0) return Error::kInvalidArgument;
  if (flags != 0) {
    TRY(sched::UnregisterRestartableSequence(call.thread, call[0], call.Unsigned(1), call.Unsigned(3)));
  } else {
    TRY(sched::RegisterRestartableSequence(call.thread, call[0], call.Unsigned(1), call.Unsigned(3)));
  }
  return 0;
}

}  // namespace caponier::syscall
