// alarm, setitimer, and the timers of timer_create.
#include <new>

#include "kernel/sched/interval_timers.h"
#include "kernel/sched/signal.h"
#include "kernel/syscall/call.h"
#include "kernel/syscall/clocks.h"
#include "kernel/syscall/time_values.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using sched::CpuTimer;
using sched::kForever;
using sched::PosixTimer;

struct Setting {
  u64 left_ns = 0;  // 0: disarmed
  u64 interval_ns = 0;
};

// An armed timer never shows 0 left.
u64 Left(u64 expiry, u64 now) { return expiry == kForever ? 0 : expiry > now ? expiry - now : 1; }

Result<CpuTimer*> CpuTimerOf(sched::Process& process, int which) {
  if (which == kITIMER_VIRTUAL) return &process.timers.user_time;
  if (which == kITIMER_PROF) return &process.timers.profiling;
  return Error::kInvalidArgument;
}

Result<Setting> Get(sched::Process& process, int which) {
  if (which == kITIMER_REAL) {
    const sched::RealTimer& real = process.timers.real;
    return Setting{real.queued() ? Left(real.deadline_ns, arch::NowNs()) : 0, real.interval_ns};
  }
  const CpuTimer* timer = TRY(CpuTimerOf(process, which));
  return Setting{Left(timer->expiry_ns, sched::CpuTimeNs(process)), timer->interval_ns};
}

Result<void> Set(sched::Process& process, int which, const Setting& wanted) {
  if (which == kITIMER_REAL) {
    sched::SetRealTimer(process, wanted.left_ns == 0 ? 0 : DeadlineAfter(wanted.left_ns), wanted.interval_ns);
    return {};
  }
  CpuTimer* timer = TRY(CpuTimerOf(process, which));
  timer->expiry_ns = wanted.left_ns == 0 ? kForever : sched::CpuTimeNs(process) + wanted.left_ns;
  timer->interval_ns = wanted.interval_ns;
  sched::RefreshCpuTimers(process);
  return {};
}

Itimerval ItimervalOf(const Setting& setting) {
  // A fraction of a microsecond left is not none.
  const u64 left = setting.left_ns == 0 ? 0 : setting.left_ns < kNsPerMicrosecond ? kNsPerMicrosecond : setting.left_ns;
  return {TimevalOf(setting.interval_ns), TimevalOf(left)};
}

Result<PosixTimer*> TimerOf(Call& call, int id) {
  auto& timers = call.process().timers.posix;
  for (PosixTimer* timer = timers.front(); timer != nullptr; timer = timers.Next(timer)) {
    if (timer->id == id) return timer;
  }
  return Error::kInvalidArgument;
}

u64 NowOf(Call& call, const PosixTimer& timer) {
  if (!timer.cpu_time) return arch::NowNs();
  if (timer.cpu_thread == 0) return sched::CpuTimeNs(call.process());
  return ReadClock(call.thread, {.kind = ClockRef::Kind::kThreadCpu, .tid = timer.cpu_thread});
}

Itimerspec CurrentSetting(Call& call, PosixTimer& timer) {
  const u64 now = NowOf(call, timer);
  u64 expiry = timer.expiry_ns;
  // Without a signal nothing moved the expiry along.
  if (timer.signal == 0 && expiry != kForever) expiry = sched::ExpiriesUpTo(now, expiry, timer.interval_ns).next;
  return {TimespecOf(timer.interval_ns), TimespecOf(Left(expiry, now))};
}

}  // namespace

Result<i64> SysAlarm(Call& call) {
  const Setting old = TRY(Get(call.process(), kITIMER_REAL));
  TRY(Set(call.process(), kITIMER_REAL, {call[0] == 0 ? 0 : u64{call.Unsigned(0)} * kNsPerSecond, 0}));
  // To the nearest second, but never 0 for one that was running.
  const u64 seconds = (old.left_ns + kNsPerSecond / 2) / kNsPerSecond;
  return static_cast<i64>(old.left_ns != 0 && seconds == 0 ? 1 : seconds);
}

Result<i64> SysGetitimer(Call& call) {
  const Setting setting = TRY(Get(call.process(), call.Int(0)));
  TRY(mm::WriteUser(call[1], ItimervalOf(setting)));
  return 0;
}

Result<i64> SysSetitimer(Call& call) {
  Itimerval given;  // a null pointer disarms, as Linux still has it
  if (call[1] != 0) given = TRY(mm::ReadUser<Itimerval>(call[1]));
  Setting wanted;
  wanted.left_ns = TRY(NanosecondsOf(given.value));
  wanted.interval_ns = TRY(NanosecondsOf(given.interval));
  const Setting old = TRY(Get(call.process(), call.Int(0)));
  TRY(Set(call.process(), call.Int(0), wanted));
  if (call[2] != 0) TRY(mm::WriteUser(call[2], ItimervalOf(old)));
  return 0;
}

Result<i64> SysTimerCreate(Call& call) {
  sched::Process& process = call.process();
  const ClockRef clock = TRY(ClockOf(call.thread, call.Int(0)));
  if (clock.coarse || call.Int(0) == kCLOCK_MONOTONIC_RAW) return Error::kNotSupported;
  Sigevent event{.signo = kSIGALRM, .notify = kSIGEV_SIGNAL};
  if (call[1] != 0) event = TRY(mm::ReadUser<Sigevent>(call[1]));
  const bool to_thread = event.notify == (kSIGEV_SIGNAL | kSIGEV_THREAD_ID);
  if (!to_thread && event.notify != kSIGEV_SIGNAL && event.notify != kSIGEV_NONE && event.notify != kSIGEV_THREAD)
    return Error::kInvalidArgument;
  if (event.notify != kSIGEV_NONE && !sched::IsSignal(event.signo)) return Error::kInvalidArgument;
  if (to_thread && sched::FindThread(process, event.tid) == nullptr) return Error::kInvalidArgument;
  if (process.timers.posix.size() >= process.limits.of[kRLIMIT_SIGPENDING].soft) return Error::kWouldBlock;
  PosixTimer* timer = new (std::nothrow) PosixTimer;
  if (timer == nullptr) return Error::kNoMemory;
  timer->process = &process;
  timer->id = process.timers.next_id++;
  timer->clock = call.Int(0);
  timer->signal = event.notify == kSIGEV_NONE ? 0 : event.signo;
  timer->target = to_thread ? event.tid : 0;
  timer->value = call[1] != 0 ? event.value : static_cast<u64>(timer->id);
  timer->cpu_time = clock.cpu_time();
  timer->cpu_thread = clock.kind == ClockRef::Kind::kThreadCpu ? clock.tid : 0;
  process.timers.posix.PushBack(timer);
  const Result<void> written = mm::WriteUser(call[2], timer->id);
  if (!written.ok()) sched::DeletePosixTimer(*timer);
  TRY(written);
  return 0;
}

Result<i64> SysTimerSettime(Call& call) {
  if (call[2] == 0) return Error::kInvalidArgument;
  const auto given = TRY(mm::ReadUser<Itimerspec>(call[2]));
  const u64 value = TRY(NanosecondsOf(given.value));
  const u64 interval = TRY(NanosecondsOf(given.interval));
  PosixTimer* timer = TRY(TimerOf(call, call.Int(0)));
  const Itimerspec old = CurrentSetting(call, *timer);
  u64 expiry = kForever;
  if (value != 0) {
    const bool absolute = (call.Unsigned(1) & kTIMER_ABSTIME) != 0;
    const ClockRef clock = TRY(ClockOf(call.thread, timer->clock));
    if (!absolute) {
      expiry = NowOf(call, *timer) + value;
    } else {
      expiry = clock.kind == ClockRef::Kind::kReal ? DeadlineAtRealTime(value) : value;
    }
  }
  sched::ArmPosixTimer(*timer, expiry, value != 0 ? interval : 0);
  if (call[3] != 0) TRY(mm::WriteUser(call[3], old));
  return 0;
}

Result<i64> SysTimerGettime(Call& call) {
  PosixTimer* timer = TRY(TimerOf(call, call.Int(0)));
  TRY(mm::WriteUser(call[1], CurrentSetting(call, *timer)));
  return 0;
}

Result<i64> SysTimerGetoverrun(Call& call) {
  const PosixTimer* timer = TRY(TimerOf(call, call.Int(0)));
  return i64{timer->last_overrun};
}

Result<i64> SysTimerDelete(Call& call) {
  sched::DeletePosixTimer(*TRY(TimerOf(call, call.Int(0))));
  return 0;
}

}  // namespace caponier::syscall
