#include "kernel/sched/timer_queue.h"

#include <utility>

namespace caponier::sched {

Timer* TimerQueue::Merge(Timer* a, Timer* b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  if (b->Before(*a)) std::swap(a, b);
  b->sibling_ = a->child_;
  b->previous_ = a;
  if (a->child_ != nullptr) a->child_->previous_ = b;
  a->child_ = b;
  return a;
}

// The two passes of a pairing heap, without recursion: pairs left to right, then the pairs right to left.
Timer* TimerQueue::MergeSiblings(Timer* first) {
  Timer* pairs = nullptr;  // linked by previous_, last pair first
  while (first != nullptr) {
    Timer* a = first;
    Timer* b = a->sibling_;
    first = b != nullptr ? b->sibling_ : nullptr;
    a->sibling_ = a->previous_ = nullptr;
    if (b != nullptr) b->sibling_ = b->previous_ = nullptr;
    Timer* merged = Merge(a, b);
    merged->previous_ = pairs;
    pairs = merged;
  }
  Timer* root = nullptr;
  while (pairs != nullptr) {
    Timer* next = std::exchange(pairs->previous_, nullptr);
    root = Merge(root, pairs);
    pairs = next;
  }
  return root;
}

void TimerQueue::Add(Timer& timer, u64 deadline_ns) {
  Remove(timer);
  timer.deadline_ns = deadline_ns;
  timer.order_ = next_order_++;
  timer.queued_ = true;
  root_ = Merge(root_, &timer);
}

void TimerQueue::Remove(Timer& timer) {
  if (!timer.queued_) return;
  Timer* below = MergeSiblings(timer.child_);
  if (root_ == &timer) {
    root_ = below;
  } else {
    if (timer.previous_->child_ == &timer) {
      timer.previous_->child_ = timer.sibling_;
    } else {
      timer.previous_->sibling_ = timer.sibling_;
    }
    if (timer.sibling_ != nullptr) timer.sibling_->previous_ = timer.previous_;
    root_ = Merge(root_, below);
  }
  timer.child_ = timer.sibling_ = timer.previous_ = nullptr;
  timer.queued_ = false;
}

Timer* TimerQueue::PopExpired(u64 now_ns) {
  Timer* timer = root_;
  if (timer == nullptr || timer->deadline_ns > now_ns) return nullptr;
  Remove(*timer);
  return timer;
}

}  // namespace caponier::sched
