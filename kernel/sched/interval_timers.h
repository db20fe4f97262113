// Timers that send signals: alarm(2) and setitimer(2), and the timers of timer_create(2). Those of real time hang in the
// scheduler's timer queue. Those of CPU time are looked at with each timer interrupt, which the scheduler arms for the moment at
// which the first of them would run out if its thread kept the CPU.
#pragma once

#include "kernel/sched/pending_signals.h"
#include "kernel/sched/timer_queue.h"
#include "lib/base/list.h"
#include "lib/base/types.h"

namespace caponier::sched {

struct Process;
struct Thread;

struct RealTimer : Timer {
  Process* process = nullptr;
  u64 interval_ns = 0;
};

struct CpuTimer {
  u64 expiry_ns = kForever;  // of CPU time
  u64 interval_ns = 0;
};

struct PosixTimer : Timer {
  Process* process = nullptr;
  i32 id = 0;
  i32 clock = 0;
  int signal = 0;  // 0: SIGEV_NONE
  i32 target = 0;  // SIGEV_THREAD_ID; 0: the process
  u64 value = 0;   // sigev_value
  bool cpu_time = false;
  i32 cpu_thread = 0;        // whose CPU time; 0: the process's
  u64 expiry_ns = kForever;  // next expiry, monotonic or CPU time; kForever: disarmed
  u64 interval_ns = 0;
  u64 queue_not_before_ns = 0;  // bounds the rate of interrupts
  bool signal_waits = false;    // sent and not yet taken: until then expiries only count
  i32 overrun = 0;              // expiries since, beyond the one that sent it
  i32 last_overrun = 0;         // as of the last signal taken, for timer_getoverrun
  ListNode node;
};

struct IntervalTimers {
  RealTimer real;                 // ITIMER_REAL
  CpuTimer user_time, profiling;  // ITIMER_VIRTUAL, ITIMER_PROF
  List<PosixTimer, &PosixTimer::node> posix;
  i32 next_id = 0;
  bool any_cpu_time = false;  // some CPU-time timer is armed
};

// The latest expiry not after `now` and the one to come, of a timer that repeats: how many passed. Pure.
struct Expiries {
  u64 count = 0;
  u64 next = kForever;
};
constexpr Expiries ExpiriesUpTo(u64 now, u64 expiry, u64 interval) {
  if (expiry > now) return {0, expiry};
  if (interval == 0) return {1, kForever};
  const u64 passed = (now - expiry) / interval + 1;
  return {passed, expiry + passed * interval};
}

// ITIMER_REAL: 0 disarms.
void SetRealTimer(Process& process, u64 deadline_ns, u64 interval_ns);
// After ITIMER_VIRTUAL, ITIMER_PROF or a POSIX timer was changed.
void ArmPosixTimer(PosixTimer& timer, u64 expiry_ns, u64 interval_ns);
void RefreshCpuTimers(Process& process);
void DeletePosixTimer(PosixTimer& timer);
void DeletePosixTimers(Process& process);

// When the first CPU-time timer expires, as a monotonic deadline, if `thread` keeps the CPU from `now_ns` on.
u64 NextCpuTimerDeadline(const Thread& thread, u64 now_ns);
// Sends the signals of CPU-time timers that ran out.
void ExpireCpuTimers(Process& process);
// A timer's signal leaves the queue: fills in its overrun and lets the timer send again.
void OnTimerSignalTaken(Process& process, SignalInfo& info);
// Pending signals were dropped because the program ignores them now.
void OnTimerSignalsDiscarded(Process& process, SignalSet signals);

}  // namespace caponier::sched
