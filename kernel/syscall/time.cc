// Clocks and sleeping. Real time is the monotonic clock plus what the launcher said at boot: it cannot be set, and never steps.
#include "kernel/sched/sleep.h"
#include "kernel/syscall/call.h"
#include "kernel/syscall/clocks.h"
#include "kernel/syscall/time_values.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using Kind = ClockRef::Kind;

constexpr u64 kCoarseResolutionNs = 4'000'000;  // a tick of 250 Hz, as Debian's kernel has

// A negative id holds the complement of a thread id above three bits: bit 2 says one thread, the rest which of its times
// [clock_getcpuclockid(3)].
Result<ClockRef> DynamicClock(sched::Thread& thread, i32 id) {
  constexpr i32 kWhich = 3, kPerThread = 4, kDescriptor = 3;
  if ((id & kWhich) == kDescriptor) return Error::kInvalidArgument;
  const i32 tid = ~(id >> 3);
  if ((id & kPerThread) == 0) {
    if (tid != 0 && tid != thread.process->pid) return Error::kInvalidArgument;
    return ClockRef{.kind = Kind::kProcessCpu};
  }
  if (tid == 0) return ClockRef{.kind = Kind::kThreadCpu, .tid = thread.tid};
  if (sched::FindThread(*thread.process, tid) == nullptr) return Error::kInvalidArgument;
  return ClockRef{.kind = Kind::kThreadCpu, .tid = tid};
}

// What is left of a relative sleep that a signal cut short.
Result<i64> Sleep(Call& call, u64 deadline, u64 remaining_to) {
  const Result<void> slept = sched::SleepUntil(call.thread, deadline);
  if (slept.ok()) return 0;
  if (remaining_to != 0) {
    const u64 now = arch::NowNs();
    TRY(mm::WriteUser(remaining_to, TimespecOf(deadline > now ? deadline - now : 0)));
  }
  return slept.error();
}

}  // namespace

Result<ClockRef> ClockOf(sched::Thread& thread, i32 id) {
  if (id < 0) return DynamicClock(thread, id);
  switch (id) {
    case kCLOCK_REALTIME:
    case kCLOCK_REALTIME_ALARM:
    case kCLOCK_TAI: return ClockRef{.kind = Kind::kReal};
    case kCLOCK_REALTIME_COARSE: return ClockRef{.kind = Kind::kReal, .coarse = true};
    case kCLOCK_MONOTONIC:
    case kCLOCK_MONOTONIC_RAW:
    case kCLOCK_BOOTTIME:
    case kCLOCK_BOOTTIME_ALARM: return ClockRef{};
    case kCLOCK_MONOTONIC_COARSE: return ClockRef{.coarse = true};
    case kCLOCK_PROCESS_CPUTIME_ID: return ClockRef{.kind = Kind::kProcessCpu};
    case kCLOCK_THREAD_CPUTIME_ID: return ClockRef{.kind = Kind::kThreadCpu, .tid = thread.tid};
    default: return Error::kInvalidArgument;
  }
}

u64 ReadClock(sched::Thread& thread, const ClockRef& clock) {
  switch (clock.kind) {
    case Kind::kReal: return sched::RealTimeNs();
    case Kind::kMonotonic: return arch::NowNs();
    case Kind::kProcessCpu: return sched::CpuTimeNs(*thread.process);
    case Kind::kThreadCpu: break;
  }
  const sched::Thread* of = sched::FindThread(*thread.process, clock.tid);
  return of != nullptr ? sched::CpuTimeNs(*of) : 0;
}

Result<i64> SysClockGettime(Call& call) {
  const ClockRef clock = TRY(ClockOf(call.thread, call.Int(0)));
  TRY(mm::WriteUser(call[1], TimespecOf(ReadClock(call.thread, clock))));
  return 0;
}

Result<i64> SysClockGetres(Call& call) {
  const ClockRef clock = TRY(ClockOf(call.thread, call.Int(0)));
  if (call[1] != 0) TRY(mm::WriteUser(call[1], TimespecOf(clock.coarse ? kCoarseResolutionNs : 1)));
  return 0;
}

Result<i64> SysClockSettime(Call& call) {
  const auto time = TRY(mm::ReadUser<Timespec>(call[1]));
  TRY(NanosecondsOf(time));
  return call.Int(0) == kCLOCK_REALTIME ? Error::kNotPermitted : Error::kInvalidArgument;
}

Result<i64> SysNanosleep(Call& call) {
  const auto wanted = TRY(mm::ReadUser<Timespec>(call[0]));
  const u64 ns = TRY(NanosecondsOf(wanted));
  return Sleep(call, DeadlineAfter(ns), call[1]);
}

Result<i64> SysClockNanosleep(Call& call) {
  const ClockRef clock = TRY(ClockOf(call.thread, call.Int(0)));
  const auto wanted = TRY(mm::ReadUser<Timespec>(call[2]));
  const u64 ns = TRY(NanosecondsOf(wanted));
  const bool own = clock.kind == Kind::kThreadCpu && clock.tid == call.thread.tid;
  if (own && call.Int(0) < 0) return Error::kInvalidArgument;  // it would never wake
  if (clock.cpu_time() || clock.coarse) return Error::kNotSupported;
  const bool absolute = (call.Unsigned(1) & kTIMER_ABSTIME) != 0;
  if (!absolute) return Sleep(call, DeadlineAfter(ns), call[3]);
  return Sleep(call, clock.kind == Kind::kReal ? DeadlineAtRealTime(ns) : ns, 0);
}

Result<i64> SysGettimeofday(Call& call) {
  if (call[0] != 0) TRY(mm::WriteUser(call[0], TimevalOf(sched::RealTimeNs())));
  if (call[1] != 0) TRY(mm::WriteUser(call[1], Timezone{}));
  return 0;
}

Result<i64> SysSettimeofday(Call&) { return Error::kNotPermitted; }

Result<i64> SysTime(Call& call) {
  const u64 seconds = sched::RealTimeNs() / kNsPerSecond;
  if (call[0] != 0) TRY(mm::WriteUser(call[0], seconds));
  return static_cast<i64>(seconds);
}

}  // namespace caponier::syscall
