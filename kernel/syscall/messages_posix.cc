// POSIX message queues: mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2).
#include "kernel/fs/message_file.h"
#include "kernel/fs/tree_changes.h"
#include "kernel/mm/frames.h"
#include "kernel/sched/signal.h"
#include "kernel/syscall/files.h"
#include "kernel/syscall/time_values.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using fs::MessageNode;
using sched::Message;
using sched::MessageQueue;

// Linux's [mq_overview(7)], the last two for root.
constexpr i64 kCount = 10, kBytes = 8192, kCountMost = 65536, kBytesMost = 16 * 1024 * 1024;
constexpr u32 kPriorities = 32768;

// A name without its slash, as C libraries pass it on.
Result<void> ReadName(UserPath& name, u64 address) {
  TRY(name.Read(address));
  const std::string_view text = name.text();
  if (text.empty()) return Error::kNotFound;
  if (text.size() > fs::kNameMax) return Error::kNameTooLong;
  if (text == "." || text == ".." || text.contains('/')) return Error::kAccessDenied;
  return {};
}

Result<Ref<fs::Inode>> Make(Call& call, const fs::Context& context) {
  MqAttr wanted{.maxmsg = kCount, .msgsize = kBytes};
  if (call[3] != 0) wanted = TRY(mm::ReadUser<MqAttr>(call[3]));
  const bool root = context.credentials.user == 0;
  if (wanted.maxmsg <= 0 || wanted.maxmsg > (root ? kCountMost : kCount)) return Error::kInvalidArgument;
  if (wanted.msgsize <= 0 || wanted.msgsize > (root ? kBytesMost : kBytes)) return Error::kInvalidArgument;
  const u64 count = static_cast<u64>(wanted.maxmsg), bytes = static_cast<u64>(wanted.msgsize);
  if (MessageNode::charged() + MessageNode::Charge(count, bytes) > call.process().limits.of[kRLIMIT_MSGQUEUE].soft)
    return Error::kTooManyOpen;
  if (mm::InReserve()) return Error::kNoMemory;
  const auto node = TRY(MakeRef<MessageNode>(call.Unsigned(2) & 0777 & ~context.umask, count, bytes));
  node->user = context.credentials.user;
  node->group = context.credentials.group;
  return Ref<fs::Inode>(node);
}

struct OpenQueue {
  Ref<fs::File> file;
  fs::MessageFile& messages;
};
Result<OpenQueue> QueueOf(Call& call) {
  Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  fs::MessageFile* messages = fs::AsMessageFile(*file);
  if (messages == nullptr) return Error::kBadDescriptor;
  return OpenQueue{std::move(file), *messages};
}

Result<u64> DeadlineOf(Call& call) {
  if (call[4] == 0) return sched::kForever;
  const auto time = TRY(mm::ReadUser<Timespec>(call[4]));
  return DeadlineAtRealTime(TRY(NanosecondsOf(time)));
}

}  // namespace

Result<i64> SysMqOpen(Call& call) {
  const u32 flags = call.Unsigned(1);
  fs::Context& context = Files(call);
  UserPath name;
  TRY(ReadName(name, call[0]));
  const Ref<fs::Directory> queues = TRY(fs::MessageQueues());
  fs::Location where;
  where.directory = queues;
  auto found = queues->Lookup(name.text());
  if (found.ok()) {
    if ((flags & kO_CREAT) != 0 && (flags & kO_EXCL) != 0) return Error::kExists;
    if ((flags & kO_ACCMODE) == kO_ACCMODE) return Error::kInvalidArgument;
    constexpr u32 kRead = static_cast<u32>(fs::Permission::kRead), kWrite = static_cast<u32>(fs::Permission::kWrite);
    const u32 access = flags & kO_ACCMODE;
    TRY(found.value().inode->Check(context.credentials, access == kO_RDONLY   ? kRead
                                                        : access == kO_WRONLY ? kWrite
                                                                              : kRead | kWrite));
    where.entry = found.value().entry;
    where.inode = std::move(found.value().inode);
  } else {
    if (found.error() != Error::kNotFound || (flags & kO_CREAT) == 0) return found.error();
    where.inode = TRY(Make(call, context));
    where.entry = TRY(queues->Insert(name.text(), where.inode));
  }
  auto file = TRY(MakeRef<fs::MessageFile>());
  file->set_where(std::move(where));
  file->set_status_flags(flags & (kO_ACCMODE | kO_NONBLOCK));
  return TRY(context.Install(std::move(file), true));
}

Result<i64> SysMqUnlink(Call& call) {
  UserPath name;
  TRY(ReadName(name, call[0]));
  fs::Context& context = Files(call);
  fs::Walk walk(context);
  const Ref<fs::Directory> queues = TRY(fs::MessageQueues());
  TRY(walk.Run(queues, name.text()));
  TRY(fs::Unlink(context, walk));
  return 0;
}

Result<i64> SysMqTimedsend(Call& call) {
  const u64 deadline = TRY(DeadlineOf(call));
  if (call.Unsigned(3) >= kPriorities) return Error::kInvalidArgument;
  const OpenQueue queue = TRY(QueueOf(call));
  MessageNode& node = queue.messages.node();
  if (!queue.file->writable()) return Error::kBadDescriptor;
  if (call[2] > node.bytes_most) return Error::kMessageSize;
  Ref<Message> message = TRY(Message::Load(call[1], call[2], call.Unsigned(3)));
  call.restartable = true;
  while (node.full()) {
    if (queue.file->nonblocking()) return Error::kWouldBlock;
    TRY(sched::WaitOn(node.messages.room, deadline, sched::Interruptible::kYes));
  }
  if (!node.messages.Put(std::move(message), MessageQueue::Order::kHighestType)) return 0;
  node.changed.WakeAll();
  if (node.registered == nullptr || node.messages.count() != 1) return 0;
  node.registered = nullptr;
  if (node.signal != 0) {
    sched::Process& process = call.process();
    (void)sched::SendToProcess(process, {.signal = node.signal,
                                         .code = kSI_MESGQ,
                                         .pid = process.pid,
                                         .uid = process.credentials.user.real,
                                         .value = node.signal_value});
  }
  return 0;
}

Result<i64> SysMqTimedreceive(Call& call) {
  const u64 deadline = TRY(DeadlineOf(call));
  const OpenQueue queue = TRY(QueueOf(call));
  MessageNode& node = queue.messages.node();
  if (!queue.file->readable()) return Error::kBadDescriptor;
  if (call[2] < node.bytes_most) return Error::kMessageSize;
  call.restartable = true;
  const auto received = node.messages.Receive({}, !queue.file->nonblocking(), deadline);
  if (!received.ok()) return received.error() == Error::kNoMessage ? Error::kWouldBlock : received.error();
  node.changed.WakeAll();
  const Message& message = *received.value();
  if (call[3] != 0) TRY(mm::WriteUser(call[3], static_cast<u32>(message.type)));
  TRY(mm::CopyToUser(call[1], Bytes(message.text)));
  return static_cast<i64>(message.text.size());
}

// C libraries make SIGEV_THREAD of a socket, which is not here.
Result<i64> SysMqNotify(Call& call) {
  Sigevent event;
  if (call[1] != 0) {
    event = TRY(mm::ReadUser<Sigevent>(call[1]));
    const bool by_signal = event.notify == kSIGEV_SIGNAL;
    if ((!by_signal && event.notify != kSIGEV_NONE) || (by_signal && event.signo != 0 && !sched::IsSignal(event.signo)))
      return Error::kInvalidArgument;
  }
  const OpenQueue queue = TRY(QueueOf(call));
  MessageNode& node = queue.messages.node();
  if (call[1] == 0) {
    node.registered = nullptr;
    return 0;
  }
  if (node.registered != nullptr) return Error::kBusy;
  node.registered = &queue.messages;
  node.signal = event.notify == kSIGEV_SIGNAL ? event.signo : 0;
  node.signal_value = event.value;
  return 0;
}

Result<i64> SysMqGetsetattr(Call& call) {
  MqAttr wanted;
  if (call[1] != 0) {
    wanted = TRY(mm::ReadUser<MqAttr>(call[1]));
    if ((wanted.flags & ~i64{kO_NONBLOCK}) != 0) return Error::kInvalidArgument;
  }
  const OpenQueue queue = TRY(QueueOf(call));
  const MessageNode& node = queue.messages.node();
  const MqAttr old{.flags = queue.file->nonblocking() ? kO_NONBLOCK : 0,
                   .maxmsg = static_cast<i64>(node.count_most),
                   .msgsize = static_cast<i64>(node.bytes_most),
                   .curmsgs = static_cast<i64>(node.messages.count())};
  if (call[1] != 0)
    queue.file->set_status_flags((queue.file->status_flags() & ~u32{kO_NONBLOCK}) | static_cast<u32>(wanted.flags));
  if (call[2] != 0) TRY(mm::WriteUser(call[2], old));
  return 0;
}

}  // namespace caponier::syscall
