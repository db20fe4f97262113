// One CPU's scheduler: ready threads take turns of 10 ms, in the order they became ready.
//
// What stays true: kernel code is never preempted, so a thread gives up the CPU only in Schedule; interrupts arrive only in the
// program or while idle. Without ready threads the last one's kernel stack idles, so there is no idle thread. The timer is armed
// only when something is due: a deadline, the end of a slice that somebody waits for, a CPU-time timer. A thread that ended is
// freed by whoever runs next, since it cannot free the stack it stands on.
//
// More CPUs: everything that belongs to one is in Cpu and CpuFront, and the entries in arch/machine.h are where a lock would be taken.
#include "kernel/sched/scheduler.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "kernel/arch/machine.h"
#include "kernel/random/random.h"
#include "kernel/sched/secrets.h"
#include "kernel/sched/thread.h"

namespace caponier::sched {
namespace {

struct Cpu {
  List<Thread, &Thread::run_node> ready;
  Thread* ended = nullptr;             // to be freed by the next thread
  mm::AddressSpace* memory = nullptr;  // whose page tables are current
  u64 armed_deadline_ns = kForever;
  bool idle = false;
};

constinit Thread g_boot_thread{ThreadState::kRunning};
constinit Cpu g_cpu;
constinit TimerQueue g_timers;
constinit u64 g_real_time_offset_ns = 0;

Cpu& ThisCpu() { return g_cpu; }

void Arm(Cpu& cpu, u64 now_ns) {
  u64 deadline = g_timers.next_deadline();
  if (!cpu.idle) {
    if (!cpu.ready.empty()) deadline = std::min(deadline, CurrentThread().slice_end_ns);
    const Process* process = CurrentThread().process;
    if (process != nullptr && process->timers.any_cpu_time)
      deadline = std::min(deadline, NextCpuTimerDeadline(CurrentThread(), now_ns));
  }
  // An interrupt that comes too early costs less than programming the timer at every switch.
  if (deadline >= cpu.armed_deadline_ns) return;
  cpu.armed_deadline_ns = deadline;
  arch::SetTimer(deadline);
}

void Account(Thread& thread, u64 now_ns) {
  thread.cpu_ns += now_ns - thread.dispatched_ns;
  thread.dispatched_ns = now_ns;
}

// The vector registers' area lies above the trap frame, in the same region and outside the stack proper.
u64 StackRegionBytes() { return kKernelStackBytes + AlignUp(arch::FpuStateSize(), kPageSize); }

// Stacks of threads that ended, for those to come: mapping one costs more than the rest of making a thread.
constexpr size_t kSpareStacks = 8;
constinit std::array<KernelStacks, kSpareStacks> g_spare_stacks{};
constinit size_t g_spare_count = 0;

Result<KernelStacks> TakeStacks() {
  if (g_spare_count > 0) return g_spare_stacks[--g_spare_count];
  KernelStacks stacks{.stack = TRY(mm::MapRegion(mm::kThreadStack, StackRegionBytes(), arch::HasMemoryTags())), .shadow = {}};
  if constexpr (arch::kShadowStackBytes != 0) {
    const auto shadow = mm::MapRegion("shadow stack", arch::kShadowStackBytes);
    if (!shadow.ok()) {
      mm::UnmapRegion(stacks.stack);
      return shadow.error();
    }
    stacks.shadow = shadow.value();
  }
  return stacks;
}

// A variable's memory has a tag of its own while the variable lives; the rest has that of addresses without one. A thread that ends leaves
// those of the functions that it never returned from.
void ForgetTags(const mm::KernelRegion& stack) {
  using arch::HeapTags;
  if (HeapTags::kPossible && arch::HasMemoryTags()) HeapTags::Set(stack.begin, stack.bytes, HeapTags::kPlain);
}

void FreeThread(Thread* thread) {
  if (g_spare_count < kSpareStacks) {
    g_spare_stacks[g_spare_count++] = thread->stacks;
  } else {
    mm::UnmapRegion(thread->stacks.stack);
    if constexpr (arch::kShadowStackBytes != 0) mm::UnmapRegion(thread->stacks.shadow);
  }
  delete thread;
}

// On the stack of the thread that got the CPU.
void FinishSwitch() {
  if (Thread* ended = std::exchange(ThisCpu().ended, nullptr)) FreeThread(ended);
  if (SecretsAreOld(CurrentThread())) g_cpu_front.reschedule = true;  // at its return it gets new ones
}

[[gnu::no_stack_protector]] void FirstRun(void* argument) {
  FinishSwitch();
  arch::TrapFrame* frame = static_cast<Thread*>(argument)->frame;
  arch::OnReturnToUser(*frame);
  arch::EnterUser(frame);
}

Thread& Idle(Cpu& cpu) {
  cpu.idle = true;
  while (cpu.ready.empty()) {
    kernel::random::UseIdleTime();
    Arm(cpu, 0);
    arch::WaitForInterrupt();
  }
  cpu.idle = false;
  return *cpu.ready.PopFront();
}

}  // namespace

constinit CpuFront g_cpu_front{.current = &g_boot_thread};

Result<Thread*> CreateThread(Process& process) {
  Thread* thread = new (std::nothrow) Thread(ThreadState::kReady);
  if (thread == nullptr) return Error::kNoMemory;
  const auto stacks = TakeStacks();
  if (!stacks.ok()) {
    delete thread;
    return stacks.error();
  }
  thread->stacks = stacks.value();
  ForgetTags(thread->stacks.stack);
  const u64 top = thread->stacks.stack.begin + kKernelStackBytes;
  thread->machine.fpu = reinterpret_cast<std::byte*>(top);
  arch::InitFpuState(thread->machine.fpu);
  thread->frame = reinterpret_cast<arch::TrapFrame*>(top - sizeof(arch::TrapFrame));
  *thread->frame = {};
  thread->machine.kernel_stack_top = top;
  arch::PrepareThread(thread->machine, {.top = {top}, .shadow = {thread->stacks.shadow.begin}}, DrawSecrets(*thread), FirstRun,
                      thread);
  thread->process = &process;
  thread->tid = NewThreadId(process);
  thread->started_ns = arch::NowNs();
  process.threads.PushBack(thread);
  return thread;
}

void DiscardThread(Thread& thread) {
  thread.process->threads.Remove(&thread);
  FreeThread(&thread);
}

void WakeSleeper(Timer& timer) {
  Thread& thread = *static_cast<SleepTimer&>(timer).thread;
  if (thread.state != ThreadState::kBlocked) return;
  thread.timed_out = true;
  MakeReady(thread);
}

void MakeReady(Thread& thread) {
  Cpu& cpu = ThisCpu();
  // Only a blocked or new thread: one that runs, waits for the CPU or is dead needs no waking.
  if (thread.state == ThreadState::kDead || thread.state == ThreadState::kRunning || thread.run_node.linked()) return;
  thread.state = ThreadState::kReady;
  cpu.ready.PushBack(&thread);
  if (cpu.idle || cpu.ready.size() > 1) return;
  // The running thread has company now: its slice counts from here when it outlived one alone.
  const u64 now = arch::NowNs();
  Thread& current = CurrentThread();
  if (current.slice_end_ns <= now) current.slice_end_ns = now + kSliceNs;
  Arm(cpu, now);
}

void Schedule() {
  Cpu& cpu = ThisCpu();
  Thread& from = CurrentThread();
  g_cpu_front.reschedule = false;
  u64 now = arch::NowNs();
  Account(from, now);
  if (from.state == ThreadState::kRunning) {
    if (cpu.ready.empty()) return;
    from.state = ThreadState::kReady;
    cpu.ready.PushBack(&from);
    from.involuntary_switches++;
    from.preempted = true;
  } else {
    from.voluntary_switches++;
  }
  Thread* to = cpu.ready.PopFront();
  if (to == nullptr) {
    to = &Idle(cpu);
    now = arch::NowNs();
  }
  to->state = ThreadState::kRunning;
  to->dispatched_ns = now;
  to->slice_end_ns = now + kSliceNs;
  g_cpu_front.current = to;
  Arm(cpu, now);
  if (to == &from) return;
  if (to->process != nullptr && to->process->memory.get() != cpu.memory) {
    cpu.memory = to->process->memory.get();
    cpu.memory->Activate();
  }
  arch::SwitchThread(from.machine, to->machine);
  FinishSwitch();
}

void Yield() {
  if (!ThisCpu().ready.empty()) Schedule();
}

void Start() {
  CurrentThread().state = ThreadState::kBlocked;
  Schedule();
  __builtin_trap();  // nothing wakes the boot thread
}

void SwitchAwayForever() {
  Cpu& cpu = ThisCpu();
  Thread& self = CurrentThread();
  self.state = ThreadState::kDead;
  RemoveTimer(self.sleep);
  cpu.ended = &self;
  Schedule();
  __builtin_trap();  // a dead thread is never switched to
}

void ActivateMemory(mm::AddressSpace& memory) {
  ThisCpu().memory = &memory;
  memory.Activate();
}

bool AnyReady() { return !ThisCpu().ready.empty(); }

void OnInterruptWakeups(bool had_ready) {
  Cpu& cpu = ThisCpu();
  // Who was woken by a clock or a device waited for the outside world: it runs at once.
  if (!had_ready && !cpu.ready.empty() && !cpu.idle) g_cpu_front.reschedule = true;
}

void AddTimer(Timer& timer, u64 deadline_ns) {
  g_timers.Add(timer, deadline_ns);
  if (deadline_ns < ThisCpu().armed_deadline_ns) {
    ThisCpu().armed_deadline_ns = deadline_ns;
    arch::SetTimer(deadline_ns);
  }
}

void RemoveTimer(Timer& timer) { g_timers.Remove(timer); }

void RearmTimer() { Arm(ThisCpu(), arch::NowNs()); }

u64 CpuTimeNs(const Thread& thread) {
  const bool running = &thread == &CurrentThread() && !ThisCpu().idle;
  return thread.cpu_ns + (running ? arch::NowNs() - thread.dispatched_ns : 0);
}

u64 CpuTimeNs(Process& process) {
  u64 total = process.ended_threads_cpu_ns;
  for (Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread))
    total += CpuTimeNs(*thread);
  return total;
}

void SetRealTime(u64 epoch_ns_at_boot) { g_real_time_offset_ns = epoch_ns_at_boot - arch::NowNs(); }
u64 RealTimeOffsetNs() { return g_real_time_offset_ns; }
u64 RealTimeNs() { return g_real_time_offset_ns + arch::NowNs(); }

}  // namespace caponier::sched

namespace caponier::arch {

void OnTimerInterrupt() {
  sched::Cpu& cpu = sched::ThisCpu();
  sched::Thread& current = sched::CurrentThread();
  const bool had_ready = !cpu.ready.empty();
  const u64 now = NowNs();
  cpu.armed_deadline_ns = kNoDeadline;
  while (sched::Timer* timer = sched::g_timers.PopExpired(now)) timer->expire(*timer);
  if (current.process != nullptr && current.process->timers.any_cpu_time) sched::ExpireCpuTimers(*current.process);
  sched::OnInterruptWakeups(had_ready);
  if (had_ready && !cpu.idle && now >= current.slice_end_ns) sched::g_cpu_front.reschedule = true;
  sched::Arm(cpu, now);
}

}  // namespace caponier::arch
