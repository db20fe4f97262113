// POSIX message queues [mq_overview(7)]: nodes of a tree of their own that is mounted nowhere, and files open on them.
//
// What the queues may hold together is bounded by RLIMIT_MSGQUEUE when they are made.
#pragma once

#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/sched/messages.h"

namespace caponier::fs {

class MessageFile;

class MessageNode final : public Inode {
 public:
  MessageNode(u32 permissions, u64 messages_most, u64 message_bytes_most);
  u64 size() const override { return 80; }  // as Linux shows
  bool full() const { return messages.count() >= count_most; }
  // What it counts for, as on Linux: all that it can hold, and 96 bytes each.
  static u64 Charge(u64 messages_most, u64 bytes_most) { return messages_most * (bytes_most + 96); }
  static u64 charged();  // by all

  const u64 count_most, bytes_most;
  sched::MessageQueue messages;
  sched::WaitQueue changed;                 // for poll(2)
  const MessageFile* registered = nullptr;  // mq_notify(3): through which
  int signal = 0;                           // 0: none
  u64 signal_value = 0;

 protected:
  ~MessageNode() override;
};

class MessageFile final : public File {
 public:
  PollEvents Poll(PollRegistrar& registrar) override;
  MessageNode& node() const { return static_cast<MessageNode&>(*inode()); }

 protected:
  void OnLastRelease() override;
};

// Null when the file is none.
MessageFile* AsMessageFile(File& file);
// Where they have their names.
Result<Ref<Directory>> MessageQueues();

}  // namespace caponier::fs
