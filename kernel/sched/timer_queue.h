// Deadlines in order: a pairing heap threaded through its elements, so that adding never fails and never allocates. Adding is
// constant time, taking the earliest logarithmic on average; equal deadlines come out in the order they went in.
//
// Thread sleeps, alarms, POSIX timers and timer descriptors all hang here, by the monotonic clock.
#pragma once

#include "lib/base/types.h"

namespace caponier::sched {

inline constexpr u64 kForever = ~u64{0};  // deadlines are arch::NowNs() values; this one never comes

class TimerQueue;

// One deadline. `expire` runs with interrupts off, after the timer has left the queue; it may add it again.
struct Timer {
  void (*expire)(Timer& timer) = nullptr;
  u64 deadline_ns = kForever;
  bool queued() const { return queued_; }

 private:
  friend class TimerQueue;
  bool Before(const Timer& other) const {
    return deadline_ns != other.deadline_ns ? deadline_ns < other.deadline_ns : order_ < other.order_;
  }
  Timer* child_ = nullptr;     // first child: a later timer
  Timer* sibling_ = nullptr;   // next child of the same parent
  Timer* previous_ = nullptr;  // the sibling before, or for a first child the parent
  u64 order_ = 0;
  bool queued_ = false;
};

class TimerQueue {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;

  // Queues `timer` for `deadline_ns`, taking it from an earlier place first.
  void Add(Timer& timer, u64 deadline_ns);
  void Remove(Timer& timer);  // no-op when it is not queued
  u64 next_deadline() const { return root_ != nullptr ? root_->deadline_ns : kForever; }
  // Takes out the earliest timer whose deadline has come, or returns null.
  Timer* PopExpired(u64 now_ns);

 private:
  static Timer* Merge(Timer* a, Timer* b);
  static Timer* MergeSiblings(Timer* first);
  Timer* root_ = nullptr;
  u64 next_order_ = 0;
};

}  // namespace caponier::sched
