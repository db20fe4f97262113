// Scheduling as programs see it: one CPU, one class of threads that take equal turns. Policies that would promise more than that
// are refused; the others are remembered.
#include "kernel/syscall/call.h"
#include "kernel/syscall/time_values.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

constexpr u64 kOnlyCpu = 1;  // the affinity mask
constexpr int kLeastNice = -20, kMostNice = 19;

Result<sched::Thread*> ThreadOf(Call& call, int tid) {
  if (tid < 0) return Error::kInvalidArgument;
  sched::Thread* thread = tid == 0 ? &call.thread : sched::FindThread(call.process(), tid);
  if (thread == nullptr) return Error::kNoProcess;
  return thread;
}

bool IsRealTime(int policy) { return policy == kSCHED_FIFO || policy == kSCHED_RR; }
bool IsShared(int policy) { return policy == kSCHED_NORMAL || policy == kSCHED_BATCH || policy == kSCHED_IDLE; }

Result<void> CheckWho(Call& call) {
  const int which = call.Int(0), who = call.Int(1);
  switch (which) {
    case kPRIO_PROCESS: (void)TRY(ThreadOf(call, who)); return {};
    case kPRIO_PGRP: return who == 0 || who == call.process().pid ? Result<void>{} : Error::kNoProcess;
    case kPRIO_USER: return who == 0 || static_cast<u32>(who) == call.process().user_id ? Result<void>{} : Error::kNoProcess;
    default: return Error::kInvalidArgument;
  }
}

}  // namespace

Result<i64> SysSchedYield(Call&) {
  sched::Yield();
  return 0;
}

Result<i64> SysSchedGetaffinity(Call& call) {
  (void)TRY(ThreadOf(call, call.Int(0)));
  if (call.Unsigned(1) < sizeof(u64) || call.Unsigned(1) % sizeof(u64) != 0) return Error::kInvalidArgument;
  TRY(mm::WriteUser(call[2], kOnlyCpu));
  return sizeof(u64);
}

Result<i64> SysSchedSetaffinity(Call& call) {
  u8 first = 0;
  if (call.Unsigned(1) != 0) first = TRY(mm::ReadUser<u8>(call[2]));
  (void)TRY(ThreadOf(call, call.Int(0)));
  if ((first & kOnlyCpu) == 0) return Error::kInvalidArgument;
  return 0;
}

Result<i64> SysSchedGetparam(Call& call) {
  (void)TRY(ThreadOf(call, call.Int(0)));
  if (call[1] == 0) return Error::kInvalidArgument;
  TRY(mm::WriteUser(call[1], SchedParam{}));
  return 0;
}

Result<i64> SysSchedSetparam(Call& call) {
  if (call[1] == 0) return Error::kInvalidArgument;
  const auto param = TRY(mm::ReadUser<SchedParam>(call[1]));
  (void)TRY(ThreadOf(call, call.Int(0)));
  return param.priority == 0 ? Result<i64>(0) : Error::kInvalidArgument;
}

Result<i64> SysSchedGetscheduler(Call& call) { return i64{TRY(ThreadOf(call, call.Int(0)))->policy}; }

Result<i64> SysSchedSetscheduler(Call& call) {
  const int policy = call.Int(1) & ~kSCHED_RESET_ON_FORK;
  if (call[2] == 0 || call.Int(1) < 0) return Error::kInvalidArgument;
  const auto param = TRY(mm::ReadUser<SchedParam>(call[2]));
  sched::Thread* thread = TRY(ThreadOf(call, call.Int(0)));
  if (IsRealTime(policy)) return param.priority >= 1 && param.priority <= 99 ? Error::kNotPermitted : Error::kInvalidArgument;
  if (!IsShared(policy) || param.priority != 0) return Error::kInvalidArgument;
  thread->policy = static_cast<u8>(policy);
  return 0;
}

Result<i64> SysSchedGetPriorityMax(Call& call) {
  if (IsRealTime(call.Int(0))) return 99;
  if (IsShared(call.Int(0)) || call.Int(0) == kSCHED_DEADLINE) return 0;
  return Error::kInvalidArgument;
}

Result<i64> SysSchedGetPriorityMin(Call& call) {
  if (IsRealTime(call.Int(0))) return 1;
  if (IsShared(call.Int(0)) || call.Int(0) == kSCHED_DEADLINE) return 0;
  return Error::kInvalidArgument;
}

Result<i64> SysSchedRrGetInterval(Call& call) {
  (void)TRY(ThreadOf(call, call.Int(0)));
  TRY(mm::WriteUser(call[1], TimespecOf(sched::kSliceNs)));
  return 0;
}

// Remembered, and without effect while all threads share one value.
Result<i64> SysGetpriority(Call& call) {
  TRY(CheckWho(call));
  return 20 - call.process().nice;  // the raw call's range is 40 to 1 [getpriority(2)]
}

Result<i64> SysSetpriority(Call& call) {
  TRY(CheckWho(call));
  const int wanted = call.Int(2) < kLeastNice ? kLeastNice : call.Int(2) > kMostNice ? kMostNice : call.Int(2);
  if (wanted < call.process().nice && call.process().user_id != 0) return Error::kAccessDenied;
  call.process().nice = static_cast<i8>(wanted);
  return 0;
}

// One CPU runs one thread at a time, and a thread that comes to run sees all that the one before it wrote: every barrier holds already. Those that
// also promise a fresh instruction stream, or to restart sequences, are not offered.
Result<i64> SysMembarrier(Call& call) {
  constexpr u32 kOffered = kMEMBARRIER_CMD_GLOBAL | kMEMBARRIER_CMD_GLOBAL_EXPEDITED | kMEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
                           kMEMBARRIER_CMD_PRIVATE_EXPEDITED | kMEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
  const u32 command = call.Unsigned(0);
  if (call.Unsigned(1) != 0) return Error::kInvalidArgument;
  switch (command) {
    case kMEMBARRIER_CMD_QUERY: return i64{kOffered};
    case kMEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED: call.process().private_barriers = true; return 0;
    case kMEMBARRIER_CMD_PRIVATE_EXPEDITED: return call.process().private_barriers ? Result<i64>(0) : Error::kNotPermitted;
    case kMEMBARRIER_CMD_GLOBAL:
    case kMEMBARRIER_CMD_GLOBAL_EXPEDITED:
    case kMEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED: return 0;
    default: return Error::kInvalidArgument;
  }
}

Result<i64> SysGetcpu(Call& call) {
  if (call[0] != 0) TRY(mm::WriteUser(call[0], u32{0}));
  if (call[1] != 0) TRY(mm::WriteUser(call[1], u32{0}));
  return 0;
}

}  // namespace caponier::syscall
