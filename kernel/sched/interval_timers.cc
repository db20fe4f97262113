#include "kernel/sched/interval_timers.h"

#include <algorithm>
#include <limits>

#include "kernel/sched/signal.h"
#include "kernel/sched/thread.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::sched {
namespace {

using namespace linux_abi;

void ExpireReal(Timer& timer) {
  RealTimer& real = static_cast<RealTimer&>(timer);
  (void)SendToProcess(*real.process, KernelSignal(kSIGALRM));
  const Expiries expiries = ExpiriesUpTo(arch::NowNs(), real.deadline_ns, real.interval_ns);
  if (expiries.next != kForever) AddTimer(real, expiries.next);
}

void AddOverrun(PosixTimer& timer, u64 count) {
  constexpr u64 kMax = std::numeric_limits<i32>::max();  // DELAYTIMER_MAX
  timer.overrun = static_cast<i32>(std::min<u64>(static_cast<u64>(timer.overrun) + count, kMax));
}

void Notify(PosixTimer& timer, u64 expiries) {
  if (timer.signal == 0) return;
  if (timer.signal_waits) {
    AddOverrun(timer, expiries);
    return;
  }
  const SignalInfo info{.signal = timer.signal, .code = kSI_TIMER, .pid = timer.id, .value = timer.value};
  timer.overrun = 0;
  AddOverrun(timer, expiries - 1);
  if (timer.target == 0) {
    timer.signal_waits = true;
    (void)SendToProcess(*timer.process, info);
  } else if (Thread* thread = FindThread(*timer.process, timer.target)) {
    timer.signal_waits = true;
    (void)SendToThread(*thread, info);
  }
}

u64 Clock(const PosixTimer& timer) {
  if (!timer.cpu_time) return arch::NowNs();
  if (timer.cpu_thread == 0) return CpuTimeNs(*timer.process);
  const Thread* thread = FindThread(*timer.process, timer.cpu_thread);
  return thread != nullptr ? CpuTimeNs(*thread) : 0;
}

void Expire(PosixTimer& timer) {
  const Expiries expiries = ExpiriesUpTo(Clock(timer), timer.expiry_ns, timer.interval_ns);
  timer.expiry_ns = expiries.next;
  if (!timer.cpu_time && expiries.next != kForever) AddTimer(timer, expiries.next);
  if (expiries.count > 0) Notify(timer, expiries.count);
}

void ExpirePosix(Timer& timer) { Expire(static_cast<PosixTimer&>(timer)); }

void ExpireCpu(Process& process, CpuTimer& timer, u64 now, int signal) {
  const Expiries expiries = ExpiriesUpTo(now, timer.expiry_ns, timer.interval_ns);
  if (expiries.count == 0) return;
  timer.expiry_ns = expiries.next;
  (void)SendToProcess(process, KernelSignal(signal));
}

}  // namespace

void SetRealTimer(Process& process, u64 deadline_ns, u64 interval_ns) {
  RealTimer& real = process.timers.real;
  real.process = &process;
  real.expire = ExpireReal;
  real.interval_ns = interval_ns;
  if (deadline_ns == 0) {
    RemoveTimer(real);
  } else {
    AddTimer(real, deadline_ns);
  }
}

void ArmPosixTimer(PosixTimer& timer, u64 expiry_ns, u64 interval_ns) {
  timer.expire = ExpirePosix;
  timer.expiry_ns = expiry_ns;
  timer.interval_ns = interval_ns;
  timer.overrun = 0;
  if (timer.cpu_time) {
    RefreshCpuTimers(*timer.process);
  } else if (expiry_ns == kForever) {
    RemoveTimer(timer);
  } else {
    AddTimer(timer, expiry_ns);
  }
}

void RefreshCpuTimers(Process& process) {
  IntervalTimers& timers = process.timers;
  timers.any_cpu_time = timers.user_time.expiry_ns != kForever || timers.profiling.expiry_ns != kForever;
  for (PosixTimer* timer = timers.posix.front(); timer != nullptr; timer = timers.posix.Next(timer))
    timers.any_cpu_time |= timer->cpu_time && timer->expiry_ns != kForever;
  if (timers.any_cpu_time) RearmTimer();
}

void DeletePosixTimer(PosixTimer& timer) {
  RemoveTimer(timer);
  timer.process->timers.posix.Remove(&timer);
  delete &timer;
}

void DeletePosixTimers(Process& process) {
  while (PosixTimer* timer = process.timers.posix.front()) DeletePosixTimer(*timer);
}

u64 NextCpuTimerDeadline(const Thread& thread, u64 now_ns) {
  Process& process = *thread.process;
  u64 left = kForever;
  const auto consider = [&left](u64 expiry, u64 now) { left = std::min(left, expiry == kForever ? kForever : expiry - std::min(now, expiry)); };
  const u64 process_now = CpuTimeNs(process);
  consider(process.timers.user_time.expiry_ns, process_now);
  consider(process.timers.profiling.expiry_ns, process_now);
  for (PosixTimer* timer = process.timers.posix.front(); timer != nullptr; timer = process.timers.posix.Next(timer)) {
    if (!timer->cpu_time || (timer->cpu_thread != 0 && timer->cpu_thread != thread.tid)) continue;
    consider(timer->expiry_ns, Clock(*timer));
  }
  return left == kForever ? kForever : now_ns + left;
}

void ExpireCpuTimers(Process& process) {
  const u64 now = CpuTimeNs(process);
  ExpireCpu(process, process.timers.user_time, now, kSIGVTALRM);
  ExpireCpu(process, process.timers.profiling, now, kSIGPROF);
  for (PosixTimer* timer = process.timers.posix.front(); timer != nullptr; timer = process.timers.posix.Next(timer)) {
    if (timer->cpu_time && timer->expiry_ns != kForever) Expire(*timer);
  }
  RefreshCpuTimers(process);
}

void OnTimerSignalTaken(Process& process, SignalInfo& info) {
  for (PosixTimer* timer = process.timers.posix.front(); timer != nullptr; timer = process.timers.posix.Next(timer)) {
    if (timer->id != info.pid || !timer->signal_waits) continue;
    timer->signal_waits = false;
    info.timer_overrun = timer->last_overrun = timer->overrun;
    return;
  }
}

}  // namespace caponier::sched
