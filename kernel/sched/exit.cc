// How threads and the process end.
#include "kernel/mm/user_copy.h"
#include "kernel/sched/futex.h"
#include "kernel/sched/robust_list.h"
#include "kernel/sched/scheduler.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/trace.h"

namespace caponier::sched {

namespace {
constexpr i32 kMaxThreadId = 4'194'304;  // Linux's PID_MAX_LIMIT on 64-bit machines
i32 g_last_thread_id = 0;
}  // namespace

Thread* FindThread(Process& process, i32 tid) {
  for (Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread)) {
    if (thread->tid == tid) return thread;
  }
  return nullptr;
}

i32 NewThreadId(Process& process) {
  do {
    if (++g_last_thread_id >= kMaxThreadId) g_last_thread_id = process.pid + 1;
  } while (FindThread(process, g_last_thread_id) != nullptr);
  return g_last_thread_id;
}

void ReleaseUserState(Thread& thread) {
  WalkRobustList(thread);
  // Nobody is left to tell once this is the last thread; a fault here is the program's own doing and changes nothing.
  if (thread.clear_child_tid != 0 && thread.process->threads.size() > 1) {
    if (mm::WriteUser(thread.clear_child_tid, u32{0}).ok()) WakeFutexOfEndedThread(thread.clear_child_tid);
  }
  thread.clear_child_tid = thread.robust_list = thread.rseq = 0;
}

void ExitThread(u32 status) {
  Thread& thread = CurrentThread();
  Process& process = *thread.process;
  ReleaseUserState(thread);
  // The main thread's value is the process's, even when others outlive it.
  if (thread.tid == process.pid) process.exit_status = status;
  if (process.threads.size() == 1) ExitProcess(process.exit_status, 0);
  process.threads.Remove(&thread);
  process.ended_threads_cpu_ns += CpuTimeNs(thread);
  process.voluntary_switches += thread.voluntary_switches;
  process.involuntary_switches += thread.involuntary_switches;
  process.thread_ended.WakeAll();
  SwitchAwayForever();
}

void ExitProcess(u32 status, int signal) {
  Process& process = CurrentProcess();
  process.exiting = true;
  process.exit_status = status;
  process.exit_signal = signal;
  if (syscall::Tracing()) syscall::TraceEnd(status, signal);
  OnProcessEnd(process);
}

}  // namespace caponier::sched
