// Threads of the program, and the one process they form. Every thread has a kernel stack of its own in a region of its own.
#pragma once

#include "kernel/arch/machine.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/sched/credentials.h"
#include "kernel/sched/interval_timers.h"
#include "kernel/sched/limits.h"
#include "kernel/sched/signal_state.h"
#include "kernel/sched/wait_queue.h"
#include "lib/base/list.h"

namespace caponier::fs {
class Context;
}

namespace caponier::sched {

struct Process;
struct Thread;

void WakeSleeper(Timer& timer);
struct SleepTimer : Timer {
  constexpr explicit SleepTimer(Thread* sleeper) : thread(sleeper) { expire = WakeSleeper; }
  Thread* thread;
};

enum class ThreadState : u8 { kReady, kRunning, kBlocked, kDead };

inline constexpr u64 kKernelStackBytes = 20 * kKiB;  // a page of it for where each call's part begins
inline constexpr u64 kSliceNs = 10'000'000;          // a thread's turn while others wait

// Each a region of its own.
struct KernelStacks {
  mm::KernelRegion stack, shadow;  // shadow: AArch64's
};

struct Thread {
  constexpr explicit Thread(ThreadState initial) : state(initial) {}

  arch::ThreadState machine;
  arch::TrapFrame* frame = nullptr;  // the program's registers while in the kernel
  KernelStacks stacks;
  Process* process = nullptr;
  i32 tid = 0;
  ThreadState state;
  bool timed_out = false;      // woken by its deadline
  bool interrupted = false;    // woken by a signal, not by what it waited for
  bool interruptible = false;  // while blocked: may a signal wake it
  bool exiting = false;        // dies at its next return to the program
  bool preempted = false;      // lost the CPU or got a signal since it last ran the program: restartable sequences look here
  ListNode run_node;           // in the run queue
  ListNode process_node;       // in Process::threads
  SleepTimer sleep{this};      // wakes it at its deadline
  u32 secrets_epoch = 0;       // CpuFront's when it got its canary and key
  u64 slice_end_ns = 0;
  u64 cpu_ns = 0;  // consumed up to dispatched_ns
  u64 started_ns = 0, dispatched_ns = 0;
  u64 voluntary_switches = 0, involuntary_switches = 0;
  ThreadSignals signals;
  // Addresses the program gave us, unchecked until used.
  u64 clear_child_tid = 0;  // written 0 and futex-woken at exit
  u64 robust_list = 0;      // head of the robust futex list
  u64 rseq = 0;             // its struct rseq
  u32 rseq_bytes = 0, rseq_signature = 0;
  u64 sleep_deadline_ns = kForever;  // of the sleep that Restart::kContinue goes on with
  u64 timer_slack_ns = 50'000;
  u8 policy = 0;        // SCHED_NORMAL, SCHED_BATCH or SCHED_IDLE: without effect
  u32 exit_status = 0;  // exit(2) value
  char name[16] = {};
};

struct Process {
  Ref<mm::AddressSpace> memory;
  Ref<fs::Context> files;  // descriptors, working directory, umask
  ProcessSignals signals;
  List<Thread, &Thread::process_node> threads;
  WaitQueue thread_ended;  // execve waits for the other threads
  WaitQueue continued;     // stopped threads wait for SIGCONT
  IntervalTimers timers;
  Limits limits;
  // Tells the memory what RLIMIT_AS and RLIMIT_DATA say. A soft limit of no data means the hard one, as on Linux.
  void ApplyMemoryLimits() {
    const Limit& data = limits.of[linux_abi::kRLIMIT_DATA];
    memory->SetLimits(limits.of[linux_abi::kRLIMIT_AS].soft, data.soft != 0 ? data.soft : data.hard);
  }
  Credentials credentials;
  i32 pid = 1;
  i32 parent_pid = 0;
  u32 user_id = 0, group_id = 0;  // effective ids: the program runs as root of its own machine, as in a container
  i8 nice = 0;
  bool dumpable = true, no_new_privileges = false, child_subreaper = false;
  bool private_barriers = false;  // membarrier(2): registered for them
  int parent_death_signal = 0;
  u64 arguments_begin = 0, arguments_end = 0, environment_begin = 0, environment_end = 0, stack_top = 0;
  u64 signal_return = 0;  // where a handler without a restorer returns to (AArch64's vDSO); 0: nowhere
  u64 started_ns = 0;
  u64 ended_threads_cpu_ns = 0;
  u64 voluntary_switches = 0, involuntary_switches = 0;  // of threads that ended
  u32 personality = 0;
  bool exiting = false;
  u32 exit_status = 0;  // exit(2) value, when exit_signal is 0
  int exit_signal = 0;
};

// --- scheduling ----------------------------------------------------------------------------------------------------------------
// The thread on this CPU. Before the first program thread runs it is the boot thread, which has no process and may block too.
// What every system call looks at, of the CPU it runs on.
struct CpuFront {
  Thread* current;
  bool reschedule = false;  // the current thread has to give way, or something else to do, at its next return to the program
  u32 secrets_epoch = 0;    // how often the machine was seen to be a clone
  u32 stack_places_left = 0;
  u8 stack_places[64] = {};  // where the stacks of the next entries begin, in steps of 16 bytes
};
extern CpuFront g_cpu_front;
inline Thread& CurrentThread() { return *g_cpu_front.current; }
inline Process& CurrentProcess() { return *CurrentThread().process; }

// Makes a thread whose kernel stack is mapped and whose trap frame is zeroed, not yet runnable; it enters the program with
// `frame` when it first runs. kNoMemory leaves nothing.
Result<Thread*> CreateThread(Process& process);
// Undoes CreateThread for a thread that never ran.
void DiscardThread(Thread& thread);
void MakeReady(Thread& thread);
// Gives the CPU to the next ready thread; the current one continues when it is ready again. Idles when none is.
void Schedule();
// Gives way to others that are ready.
void Yield();
// Ends the boot thread: from here on only program threads run.
[[noreturn]] void Start();
// The current thread ends with this exit(2) value. The last one ends the process.
[[noreturn]] void ExitThread(u32 status);
// All threads end; OnProcessEnd has the last word.
[[noreturn]] void ExitProcess(u32 status, int signal);
// Implemented by the report: says how the program ended and powers off.
[[noreturn]] void OnProcessEnd(const Process& process);

Thread* FindThread(Process& process, i32 tid);  // null: no such thread
// CPU time consumed so far, the running slice included.
u64 CpuTimeNs(const Thread& thread);
u64 CpuTimeNs(Process& process);

// --- timers --------------------------------------------------------------------------------------------------------------------
void AddTimer(Timer& timer, u64 deadline_ns);
void RemoveTimer(Timer& timer);
// Looks again when the next timer interrupt is due: after CPU-time timers changed.
void RearmTimer();

// Real time: nanoseconds since 1970, as the launcher said at boot plus the monotonic clock.
void SetRealTime(u64 epoch_ns_at_boot);
u64 RealTimeNs();
u64 RealTimeOffsetNs();

}  // namespace caponier::sched
