#include "kernel/fs/message_file.h"

#include "kernel/fs/file_systems.h"
#include "kernel/fs/memory_tree.h"

namespace caponier::fs {
namespace {

constinit u64 g_charged = 0;

}  // namespace

MessageNode::MessageNode(u32 permissions, u64 messages_most, u64 message_bytes_most)
    : Inode(MessageQueueFileSystem(), InodeType::kRegular, permissions),
      count_most(messages_most),
      bytes_most(message_bytes_most) {
  g_charged += Charge(count_most, bytes_most);
}
MessageNode::~MessageNode() { g_charged -= Charge(count_most, bytes_most); }
u64 MessageNode::charged() { return g_charged; }

PollEvents MessageFile::Poll(PollRegistrar& registrar) {
  registrar.WaitFor(node().changed);
  return (node().messages.count() != 0 ? kPollIn : 0) | (node().full() ? 0 : kPollOut);
}

void MessageFile::OnLastRelease() {
  if (node().registered == this) node().registered = nullptr;
  File::OnLastRelease();
}

// A node does not open as other files do, so whatever is open on one and is no mere name is of this kind.
MessageFile* AsMessageFile(File& file) {
  const Inode* inode = file.inode();
  const bool is_one = file.usable() && inode != nullptr && &inode->file_system() == &MessageQueueFileSystem();
  return is_one ? static_cast<MessageFile*>(&file) : nullptr;
}

Result<Ref<Directory>> MessageQueues() {
  static Ref<Directory> queues;
  if (!queues) queues = TRY(MakeRef<MemoryDirectory>(MessageQueueFileSystem(), 01777));
  return queues;
}

}  // namespace caponier::fs
