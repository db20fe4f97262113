// System V's message queues: msgget(2), msgsnd(2), msgrcv(2), msgctl(2).
#include <algorithm>

#include "kernel/mm/frames.h"
#include "kernel/sched/messages.h"
#include "kernel/syscall/system_v.h"
#include "lib/linux_abi/ipc_flags.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using sched::Message;
using sched::MessageQueue;

// Linux's limits [proc(5)].
constexpr u64 kMessageMost = 8192, kQueueBytes = 16384, kQueuesMost = 32000;

struct Queue final : RefCounted, mm::SystemVObject {
  MessageQueue messages;
  u64 bytes_most = kQueueBytes;
  i64 sent_at = 0, received_at = 0;
  i32 sender = 0, receiver = 0;  // processes
  bool HasRoomFor(u64 bytes) const { return bytes + messages.bytes() <= bytes_most && messages.count() < bytes_most; }
};

constinit mm::SystemVTable g_queues;

Result<Queue*> QueueOf(i32 id) {
  if (id < 0) return Error::kInvalidArgument;
  return ObjectOf<Queue>(g_queues, id);
}

MessageQueue::Wanted WantedOf(i64 type, u64 room, u32 flags) {
  MessageQueue::Wanted wanted{.type = type, .room = room, .cut = (flags & kMSG_NOERROR) != 0};
  if (type < 0) {
    wanted.match = MessageQueue::Match::kLowestUpTo;
    wanted.type = type == -0x7fff'ffff'ffff'ffff - 1 ? 0x7fff'ffff'ffff'ffff : -type;
  } else if (type != 0) {
    wanted.match = (flags & kMSG_EXCEPT) != 0 ? MessageQueue::Match::kOther : MessageQueue::Match::kEqual;
  }
  return wanted;
}

MsqidDs Describe(const Queue& queue) {
  MsqidDs out;
  out.perm = DescribeOwner(queue);
  out.stime = queue.sent_at;
  out.rtime = queue.received_at;
  out.ctime = queue.changed_at;
  out.cbytes = queue.messages.bytes();
  out.qnum = queue.messages.count();
  out.qbytes = queue.bytes_most;
  out.lspid = queue.sender;
  out.lrpid = queue.receiver;
  return out;
}

// Of all queues; the result is the highest index in use.
Result<i64> DescribeAll(u64 address, int command) {
  Msginfo info{.msgpool = static_cast<i32>(kQueuesMost * kQueueBytes / 1024),
               .msgmap = kQueueBytes,
               .msgmax = kMessageMost,
               .msgmnb = kQueueBytes,
               .msgmni = kQueuesMost,
               .msgssz = 16,
               .msgtql = kQueueBytes,
               .msgseg = 0xffff};
  if (command == kMSG_INFO) {
    info.msgpool = static_cast<i32>(g_queues.size());
    info.msgmap = info.msgtql = 0;
    for (mm::SystemVObject* at = g_queues.Next(nullptr); at != nullptr; at = g_queues.Next(at)) {
      const MessageQueue& messages = static_cast<Queue*>(at)->messages;
      info.msgmap += static_cast<i32>(messages.count());
      info.msgtql += static_cast<i32>(messages.bytes());
    }
  }
  TRY(mm::WriteUser(address, info));
  return g_queues.highest();
}

}  // namespace

// The list holds the reference that IPC_RMID gives up.
Result<i64> SysMsgget(Call& call) {
  const i32 key = call.Int(0);
  const u32 flags = call.Unsigned(1);
  if (const auto* queue = static_cast<Queue*>(TRY(FindForKey(g_queues, key, flags))); queue != nullptr) {
    TRY(CheckFlags(call, *queue, flags));
    return queue->id;
  }
  if (g_queues.size() >= kQueuesMost) return Error::kNoSpace;
  if (mm::InReserve()) return Error::kNoMemory;
  Ref<Queue> queue = TRY(MakeRef<Queue>());
  queue->key = key;
  SetCreator(call, *queue, flags);
  g_queues.Add(*queue);
  return queue.Leak()->id;
}

Result<i64> SysMsgsnd(Call& call) {
  const u64 bytes = call[2];
  const i64 type = TRY(mm::ReadUser<i64>(call[1]));
  if (bytes > kMessageMost || call.Int(0) < 0 || type < 1) return Error::kInvalidArgument;
  Ref<Message> message = TRY(Message::Load(call[1] + sizeof(type), bytes, type));
  const Ref<Queue> queue = Ref<Queue>::Share(TRY(QueueOf(call.Int(0))));
  for (;;) {
    TRY(CheckAccess(call, *queue, kMayWrite));
    if (queue->HasRoomFor(bytes)) break;
    if ((call.Unsigned(3) & kIPC_NOWAIT) != 0) return Error::kWouldBlock;
    TRY(sched::WaitOn(queue->messages.room, sched::kForever, sched::Interruptible::kYes));
    if (queue->removed) return Error::kRemoved;
  }
  queue->sender = call.process().pid;
  queue->sent_at = SecondsNow();
  queue->messages.Put(std::move(message), MessageQueue::Order::kArrival);
  return 0;
}

Result<i64> SysMsgrcv(Call& call) {
  const u64 room = call[2];
  const u32 flags = call.Unsigned(4);
  if (static_cast<i64>(room) < 0) return Error::kInvalidArgument;
  if ((flags & kMSG_COPY) != 0) return Error::kNotImplemented;  // as of a Linux without checkpoints
  const Ref<Queue> queue = Ref<Queue>::Share(TRY(QueueOf(call.Int(0))));
  TRY(CheckAccess(call, *queue, kMayRead));
  const auto wanted = WantedOf(static_cast<i64>(call[3]), room, flags);
  const Ref<Message> message = TRY(queue->messages.Receive(wanted, (flags & kIPC_NOWAIT) == 0, sched::kForever));
  queue->receiver = call.process().pid;
  queue->received_at = SecondsNow();
  TRY(mm::WriteUser(call[1], message->type));
  const u64 given = std::min<u64>(room, message->text.size());
  TRY(mm::CopyToUser(call[1] + sizeof(message->type), Bytes(message->text).first(given)));
  return static_cast<i64>(given);
}

Result<i64> SysMsgctl(Call& call) {
  const i32 id = call.Int(0);
  const int command = call.Int(1);
  if (id < 0) return Error::kInvalidArgument;
  switch (command) {
    case kIPC_INFO:
    case kMSG_INFO: return DescribeAll(call[2], command);
    case kIPC_STAT:
    case kMSG_STAT:
    case kMSG_STAT_ANY: {
      const Queue* queue = TRY(QueueOf(id));
      if (command != kMSG_STAT_ANY) TRY(CheckAccess(call, *queue, kMayRead));
      TRY(mm::WriteUser(call[2], Describe(*queue)));
      return command == kIPC_STAT ? 0 : queue->id;
    }
    case kIPC_SET: {
      const auto wanted = TRY(mm::ReadUser<MsqidDs>(call[2]));
      Queue* queue = TRY(QueueOf(id));
      if (wanted.qbytes > kQueueBytes && call.process().credentials.user.effective != 0) return Error::kNotPermitted;
      TRY(SetOwner(call, *queue, wanted.perm));
      queue->bytes_most = wanted.qbytes;
      queue->messages.room.WakeAll();
      return 0;
    }
    case kIPC_RMID: {
      Queue* found = TRY(QueueOf(id));
      TRY(CheckOwner(call, *found));
      const auto queue = Ref<Queue>::Adopt(found);
      g_queues.Remove(*queue);
      queue->removed = true;
      queue->messages.End();
      return 0;
    }
    default: return Error::kInvalidArgument;
  }
}

}  // namespace caponier::syscall
