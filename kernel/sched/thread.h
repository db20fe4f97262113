// Threads of the program, and the one process they form. Every thread has a kernel stack of its own in a region of its own.
#pragma once

#include "kernel/arch/machine.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/sched/signal_state.h"
#include "kernel/sched/wait_queue.h"
#include "lib/base/list.h"

namespace caponier::fs {
class Context;
}

namespace caponier::sched {

struct Process;

enum class ThreadState : u8 { kReady, kRunning, kBlocked, kDead };

inline constexpr u64 kKernelStackBytes = 16 * kKiB;

struct Thread {
  arch::ThreadState machine;
  arch::TrapFrame* frame = nullptr;  // the program's registers while in the kernel
  mm::KernelRegion stack;
  Process* process = nullptr;
  i32 tid = 0;
  ThreadState state = ThreadState::kReady;
  ListNode run_node;      // in the run queue
  ListNode process_node;  // in Process::threads
  ListNode sleep_node;    // in the scheduler's sleepers, by deadline
  u64 wake_deadline_ns = kForever;
  bool timed_out = false;
  bool interrupted = false;        // woken by a signal, not by what it waited for
  bool interruptible = false;      // while blocked: may a signal wake it
  u64 slice_end_ns = 0;
  u64 cpu_ns = 0, started_ns = 0, dispatched_ns = 0;
  ThreadSignals signals;
  // Addresses the program gave us, unchecked until used.
  u64 clear_child_tid = 0;   // written 0 and futex-woken at exit
  u64 robust_list = 0;       // head of the robust futex list
  u64 restart_deadline_ns = kForever;  // for restart_syscall
  char name[16] = {};
  bool exiting = false;      // dies at its next return to the program
};

struct Process {
  Ref<mm::AddressSpace> memory;
  Ref<fs::Context> files;  // descriptors, working directory, umask
  ProcessSignals signals;
  List<Thread, &Thread::process_node> threads;
  i32 pid = 1;
  i32 parent_pid = 0;
  u32 user_id = 0, group_id = 0;  // the program runs as root of its own machine, as in a container
  u64 arguments_begin = 0, arguments_end = 0, environment_begin = 0, environment_end = 0, stack_top = 0;
  u64 started_ns = 0;
  bool exiting = false;
  u32 exit_status = 0;    // exit(2) value, when exit_signal is 0
  int exit_signal = 0;
};

Thread& CurrentThread();
inline Process& CurrentProcess() { return *CurrentThread().process; }

// Makes a thread whose kernel stack is mapped and whose trap frame is zeroed, not yet runnable. kNoMemory leaves nothing.
Result<Thread*> CreateThread(Process& process);
void MakeReady(Thread& thread);
// Gives the CPU to the next ready thread; the current one continues when it is ready again. Idles when none is.
void Schedule();
// Gives way to others that are ready.
void Yield();
// The current thread ends. The last one ends the process.
[[noreturn]] void ExitThread();
// All threads end; the machine reports and powers off.
[[noreturn]] void ExitProcess(u32 status, int signal);
// Called with the timer interrupt and on returns to the program.
void OnTick();
bool NeedsReschedule();
void WakeExpired(u64 now_ns);

}  // namespace caponier::sched
