#include "kernel/sched/wait_queue.h"

#include "kernel/sched/signal.h"
#include "kernel/sched/thread.h"

namespace caponier::sched {

// Whoever waits on an object holds a reference to it, so a queue dies empty.
WaitQueue::~WaitQueue() {
  if (!waiters_.empty()) __builtin_trap();
}

void WaitQueue::Add(Waiter* waiter) {
  waiter->thread = &CurrentThread();
  waiter->queue = this;
  waiter->woken = false;
  waiters_.PushBack(waiter);
}

void WaitQueue::Remove(Waiter* waiter) {
  if (waiter->queue != this) return;
  waiter->queue = nullptr;
  waiters_.Remove(waiter);
}

void WaitQueue::MoveTo(WaitQueue& target, Waiter* waiter) {
  waiters_.Remove(waiter);
  waiter->queue = &target;
  target.waiters_.PushBack(waiter);
}

void WaitQueue::WakeOne(Waiter* waiter) {
  Remove(waiter);
  waiter->woken = true;
  if (waiter->thread->state == ThreadState::kBlocked) MakeReady(*waiter->thread);
}

u32 WaitQueue::Wake(u32 count) {
  return WakeIf(count, [](const Waiter&) { return true; });
}

Result<void> Block(u64 deadline_ns, Interruptible interruptible) {
  Thread& thread = CurrentThread();
  thread.interruptible = interruptible == Interruptible::kYes;
  if (thread.interruptible && SignalWaits(thread)) return Error::kInterrupted;
  if (deadline_ns != kForever && deadline_ns <= arch::NowNs()) return Error::kTimedOut;
  thread.timed_out = thread.interrupted = false;
  thread.state = ThreadState::kBlocked;
  if (deadline_ns != kForever) AddTimer(thread.sleep, deadline_ns);
  Schedule();
  RemoveTimer(thread.sleep);
  thread.interruptible = false;
  if (thread.interrupted) return Error::kInterrupted;
  if (thread.timed_out) return Error::kTimedOut;
  return {};
}

Result<void> WaitOn(WaitQueue& queue, u64 deadline_ns, Interruptible interruptible) {
  Waiter waiter;
  queue.Add(&waiter);
  const Result<void> result = Block(deadline_ns, interruptible);
  // `queue` may be gone only once this waiter was woken from it.
  if (waiter.queue != nullptr) queue.Remove(&waiter);
  return result;
}

}  // namespace caponier::sched
