// Timers that send signals: alarm(2) and setitimer(2), and the timers of timer_create(2). Those of real time hang in the
// scheduler's timer queue. Those of CPU time are looked at with each timer interrupt, which the scheduler arms for the moment at
// which the first of them would run out if its thread kept the CPU.
#pragma once

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
  int signal = 0;     // 0: SIGEV_NONE
  i32 thread_id = 0;  // SIGEV_THREAD_ID; 0: the process
  u64 value = 0;      // sigev_value
  bool cpu_time = false;
  i32 cpu_thread = 0;         // whose CPU time; 0: the process's
  u64 expiry_ns = kForever;   // next expiry by the timer's clock (real time as monotonic); kForever: disarmed
  u64 interval_ns = 0;
  bool signal_waits = false;  // sent and not delivered: further expiries only count
  i32 overrun = 0;            // expiries since the signal was sent, apart from the one that sent it
  i32 last_overrun = 0;       // as of the last delivery, for timer_getoverrun
  ListNode node;
};

struct IntervalTimers {
  RealTimer real;  // ITIMER_REAL
  CpuTimer user_time, profiling;  // ITIMER_VIRTUAL, ITIMER_PROF
  List<PosixTimer, &PosixTimer::node> posix;
  i32 next_id = 0;
  bool any_cpu_time = false;  // some CPU-time timer is armed
};

// When the first CPU-time timer expires, as a monotonic deadline, if `thread` keeps the CPU from `now_ns` on.
u64 NextCpuTimerDeadline(const Thread& thread, u64 now_ns);
// Sends the signals of CPU-time timers that ran out.
void ExpireCpuTimers(Process& process);

}  // namespace caponier::sched
