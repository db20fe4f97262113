// Blocking. A thread waits on one or more queues until woken, until a deadline, or until a signal arrives; nothing else in the
// kernel gives up the CPU. Conditions are checked in a loop by the caller: a wake-up is a hint.
//
//     while (pipe.empty()) TRY(sched::WaitOn(pipe.readable, sched::kForever, sched::Interruptible::kYes));
#pragma once

#include "kernel/sched/timer_queue.h"
#include "lib/base/list.h"
#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::sched {

struct Thread;
class WaitQueue;

// One thread's place in one queue; lives on the waiter's stack (or, for poll, in its array).
struct Waiter {
  Thread* thread = nullptr;
  WaitQueue* queue = nullptr;
  ListNode node;
  u64 key = 0;         // futex: the frame and offset waited on, or a bit set; unused elsewhere
  u32 bits = ~0u;      // futex bitset
  bool woken = false;  // this entry was the one woken (poll, futex)
  // When set, called at each wake-up instead of waking a thread; the entry stays queued, and does not count (epoll). It must
  // not touch the queue.
  void (*notify)(Waiter& waiter) = nullptr;
};

class WaitQueue {
 public:
  WaitQueue() = default;
  ~WaitQueue();
  WaitQueue(const WaitQueue&) = delete;

  void Add(Waiter* waiter);
  void Remove(Waiter* waiter);  // no-op when it is not queued
  // Queues it at the end of another queue instead, still asleep.
  void MoveTo(WaitQueue& target, Waiter* waiter);
  bool empty() const { return waiters_.empty(); }
  // Wakes up to `count` waiters, longest waiting first; returns how many.
  u32 Wake(u32 count);
  u32 WakeAll() { return Wake(~0u); }
  // Wakes those that `matches` accepts; it may move a waiter elsewhere instead and return false.
  template <typename Predicate>
  u32 WakeIf(u32 count, Predicate matches) {
    u32 woken = 0;
    for (Waiter* waiter = waiters_.front(); waiter != nullptr && woken < count;) {
      Waiter* next = waiters_.Next(waiter);
      if (waiter->notify != nullptr) {
        waiter->notify(*waiter);
      } else if (matches(*waiter)) {
        WakeOne(waiter);
        woken++;
      }
      waiter = next;
    }
    return woken;
  }

 private:
  void WakeOne(Waiter* waiter);
  List<Waiter, &Waiter::node> waiters_;
};

enum class Interruptible : u8 { kNo, kYes };

// Sleeps once: returns when woken, kTimedOut at the deadline, kInterrupted when a signal waits that is not blocked. The queue
// form queues and unqueues; Block sleeps for entries the caller queued itself.
Result<void> WaitOn(WaitQueue& queue, u64 deadline_ns, Interruptible interruptible);
Result<void> Block(u64 deadline_ns, Interruptible interruptible);

}  // namespace caponier::sched
