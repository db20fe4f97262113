// Queues of messages, System V's and POSIX': messages that are there, threads that wait for one, threads that wait for room.
//
// A message that comes goes to the one that waits for its like the longest; nobody who asks later gets in between. What it may hold is its
// owner's affair.
#pragma once

#include "kernel/mm/user_copy.h"
#include "kernel/sched/wait_queue.h"
#include "lib/base/list.h"
#include "lib/base/ref.h"
#include "lib/base/vector.h"

namespace caponier::sched {

struct Message final : RefCounted {
  // kNoMemory also while what is left of memory is the kernel's.
  static Result<Ref<Message>> Load(mm::UserAddr from, u64 bytes, i64 type);

  i64 type = 0;  // System V's type, POSIX' priority
  Vector<std::byte> text;
  ListNode node;
};

class MessageQueue {
 public:
  ~MessageQueue();

  enum class Match : u8 { kAny, kEqual, kOther, kLowestUpTo };
  struct Wanted {
    Match match = Match::kAny;
    i64 type = 0;
    u64 room = ~u64{0};
    bool cut = false;  // what is longer than `room` is taken too
    bool Accepts(const Message& message) const;
  };
  // kNoMessage when there is none and `wait` is false; kArgumentsTooLong when it has no room, and the message stays.
  Result<Ref<Message>> Receive(const Wanted& wanted, bool wait, u64 deadline_ns);
  enum class Order : u8 { kArrival, kHighestType };
  // False: somebody waited for it.
  bool Put(Ref<Message> message, Order order);
  // Whoever waits does so no more: kRemoved.
  void End();

  size_t count() const { return messages_.size(); }
  u64 bytes() const { return bytes_; }
  WaitQueue room;  // woken when a message was taken

 private:
  List<Message, &Message::node> messages_;
  u64 bytes_ = 0;
  WaitQueue receivers_;
};

}  // namespace caponier::sched
