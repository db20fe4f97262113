#include "kernel/sched/messages.h"

#include "kernel/mm/frames.h"

namespace caponier::sched {
namespace {

struct Receiver : Waiter {
  const MessageQueue::Wanted* wanted = nullptr;
  Ref<Message> message;  // null: `error`
  Error error{};
};

}  // namespace

Result<Ref<Message>> Message::Load(mm::UserAddr from, u64 bytes, i64 type) {
  if (mm::InReserve()) return Error::kNoMemory;
  Ref<Message> message = TRY(MakeRef<Message>());
  TRY(message->text.Resize(bytes));
  TRY(mm::CopyFromUser(std::span<std::byte>(message->text), from));
  message->type = type;
  return message;
}

MessageQueue::~MessageQueue() {
  while (Message* message = messages_.PopFront()) message->Release();
}

bool MessageQueue::Wanted::Accepts(const Message& message) const {
  switch (match) {
    case Match::kAny: return true;
    case Match::kEqual: return message.type == type;
    case Match::kOther: return message.type != type;
    case Match::kLowestUpTo: return message.type <= type;
  }
  return false;
}

Result<Ref<Message>> MessageQueue::Receive(const Wanted& wanted, bool wait, u64 deadline_ns) {
  Message* found = nullptr;
  for (Message* message = messages_.front(); message != nullptr; message = messages_.Next(message)) {
    if (!wanted.Accepts(*message)) continue;
    if (found == nullptr || (wanted.match == Match::kLowestUpTo && message->type < found->type)) found = message;
  }
  if (found != nullptr) {
    if (found->text.size() > wanted.room && !wanted.cut) return Error::kArgumentsTooLong;
    messages_.Remove(found);
    bytes_ -= found->text.size();
    room.WakeAll();
    return Ref<Message>::Adopt(found);
  }
  if (!wait) return Error::kNoMessage;
  Receiver receiver;
  receiver.wanted = &wanted;
  receivers_.Add(&receiver);
  const Result<void> slept = Block(deadline_ns, Interruptible::kYes);
  if (receiver.woken) {
    if (!receiver.message) return receiver.error;
    return std::move(receiver.message);
  }
  receivers_.Remove(&receiver);
  return slept.ok() ? Error::kInterrupted : slept.error();
}

bool MessageQueue::Put(Ref<Message> message, Order order) {
  receivers_.WakeIf(~0u, [&](Waiter& waiter) {
    auto& receiver = static_cast<Receiver&>(waiter);
    if (!message || !receiver.wanted->Accepts(*message)) return false;
    if (message->text.size() > receiver.wanted->room && !receiver.wanted->cut) {
      receiver.error = Error::kArgumentsTooLong;
    } else {
      receiver.message = std::move(message);
    }
    return true;
  });
  if (!message) return false;
  bytes_ += message->text.size();
  Message* behind = order == Order::kArrival ? nullptr : messages_.front();
  while (behind != nullptr && behind->type >= message->type) behind = messages_.Next(behind);
  Message* kept = message.Leak();
  if (behind == nullptr) {
    messages_.PushBack(kept);
  } else {
    messages_.InsertBefore(behind, kept);
  }
  return true;
}

void MessageQueue::End() {
  receivers_.WakeIf(~0u, [](Waiter& waiter) {
    static_cast<Receiver&>(waiter).error = Error::kRemoved;
    return true;
  });
  room.WakeAll();
}

}  // namespace caponier::sched
