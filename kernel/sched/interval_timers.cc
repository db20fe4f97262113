#include "kernel/sched/interval_timers.h"

#include <algorithm>
#include <limits>

#include "kernel/sched/signal.h"
#include "kernel/sched/thread.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::sched {
namespace {

using namespace linux_abi;

// A timer that repeats faster than its signals are taken must not fill the machine with interrupts.
constexpr u64 kLeastPeriodNs = 100'000;

void ExpireReal(Timer& timer) {
  RealTimer& real = static_cast<RealTimer&>(timer);
  (void)SendToProcess(*real.process, KernelSignal(kSIGALRM));
  const u64 now = arch::NowNs();
  const Expiries expiries = ExpiriesUpTo(now, real.deadline_ns, real.interval_ns);
  if (expiries.next != kForever) AddTimer(real, std::max(expiries.next, now + kLeastPeriodNs));
}

void AddOverrun(PosixTimer& timer, u64 count) {
  constexpr u64 kMax = std::numeric_limits<i32>::max();  // DELAYTIMER_MAX
  timer.overrun = static_cast<i32>(std::min<u64>(static_cast<u64>(timer.overrun) + count, kMax));
}

// Sends the signal. It may be ignored, or its thread gone; then nothing waits.
void Notify(PosixTimer& timer) {
  const SignalInfo info{.signal = timer.signal, .code = kSI_TIMER, .pid = timer.id, .value = timer.value};
  PendingSignals* pending = nullptr;
  if (timer.target == 0) {
    (void)SendToProcess(*timer.process, info);
    pending = &timer.process->signals.pending;
  } else if (Thread* thread = FindThread(*timer.process, timer.target)) {
    (void)SendToThread(*thread, info);
    pending = &thread->signals.pending;
  }
  timer.signal_waits = pending != nullptr && (pending->set() & SignalBit(timer.signal)) != 0;
}

u64 Clock(const PosixTimer& timer) {
  if (!timer.cpu_time) return arch::NowNs();
  if (timer.cpu_thread == 0) return CpuTimeNs(*timer.process);
  const Thread* thread = FindThread(*timer.process, timer.cpu_thread);
  return thread != nullptr ? CpuTimeNs(*thread) : 0;
}

// Counts the expiries up to now and waits for the next, unless the last one's signal is yet to be taken: then the count goes on
// at that moment.
u64 Advance(PosixTimer& timer) {
  const u64 now = Clock(timer);
  const Expiries expiries = ExpiriesUpTo(now, timer.expiry_ns, timer.interval_ns);
  timer.expiry_ns = expiries.next;
  return expiries.count;
}

void Requeue(PosixTimer& timer) {
  if (timer.signal_waits || timer.expiry_ns == kForever || timer.signal == 0 || timer.cpu_time) return;
  AddTimer(timer, timer.queue_not_before_ns > timer.expiry_ns ? timer.queue_not_before_ns : timer.expiry_ns);
}

void Expire(PosixTimer& timer) {
  if (timer.signal == 0 || timer.signal_waits) return;
  const u64 expiries = Advance(timer);
  if (expiries > 0) {
    timer.overrun = 0;
    AddOverrun(timer, expiries - 1);
    Notify(timer);
    timer.queue_not_before_ns = arch::NowNs() + kLeastPeriodNs;
  }
  Requeue(timer);
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
  real.interval_ns = deadline_ns == 0 ? 0 : interval_ns;
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
  timer.signal_waits = false;  // a signal already sent stays, and counts for nothing
  timer.queue_not_before_ns = 0;
  if (timer.cpu_time) RefreshCpuTimers(*timer.process);
  RemoveTimer(timer);
  Requeue(timer);
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
  const auto consider = [&left](u64 expiry, u64 now) {
    left = std::min(left, expiry == kForever ? kForever : expiry - std::min(now, expiry));
  };
  const u64 process_now = CpuTimeNs(process);
  consider(process.timers.user_time.expiry_ns, process_now);
  consider(process.timers.profiling.expiry_ns, process_now);
  for (PosixTimer* timer = process.timers.posix.front(); timer != nullptr; timer = process.timers.posix.Next(timer)) {
    if (!timer->cpu_time || timer->signal_waits || timer->signal == 0 ||
        (timer->cpu_thread != 0 && timer->cpu_thread != thread.tid))
      continue;
    consider(timer->expiry_ns, Clock(*timer));
  }
  // CPU time needs no finer grain than Linux's, which is the tick.
  return left == kForever ? kForever : now_ns + std::max(left, kLeastPeriodNs);
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
    AddOverrun(*timer, Advance(*timer));
    info.timer_overrun = timer->last_overrun = timer->overrun;
    Requeue(*timer);
    return;
  }
}

void OnTimerSignalsDiscarded(Process& process, SignalSet signals) {
  for (PosixTimer* timer = process.timers.posix.front(); timer != nullptr; timer = process.timers.posix.Next(timer)) {
    if (timer->signal == 0 || (signals & SignalBit(timer->signal)) == 0 || !timer->signal_waits) continue;
    timer->signal_waits = false;
    Requeue(*timer);
  }
}

}  // namespace caponier::sched
