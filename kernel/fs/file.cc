#include "kernel/fs/file.h"

#include "kernel/fs/notify.h"
#include "kernel/fs/record_locks.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"

namespace caponier::fs {

namespace {
constinit sched::WaitQueue g_lock_released;
}
sched::WaitQueue& File::lock_released() { return g_lock_released; }

File::~File() {
  if (lock_ != Lock::kNone) (void)SetLock(Lock::kNone);
  if (where_.inode && where_.inode->record_locks != nullptr) {
    where_.inode->record_locks->ReleaseAll(this);
    g_lock_released.WakeAll();
  }
}

void File::OnLastRelease() {
  if (usable()) Tell(where_, writable() ? linux_abi::kIN_CLOSE_WRITE : linux_abi::kIN_CLOSE_NOWRITE);
  while (FileWatch* watch = watches_.PopFront()) watch->OnFileGone();
  delete this;
}

Result<u64> File::Read(mm::IoBuffer&, u64) { return Error::kInvalidArgument; }
Result<u64> File::Write(mm::IoBuffer&, u64) { return Error::kInvalidArgument; }
Result<u64> File::Seek(i64, int) { return Error::kNotSeekable; }
PollEvents File::Poll(PollRegistrar&) { return kPollIn | kPollOut; }
Result<i64> File::Control(u32, u64) { return Error::kNotATerminal; }
Result<Ref<mm::PageSource>> File::Mappable() { return Error::kNoDevice; }

Result<void> File::Stat(Attributes& out) {
  if (!where_.inode) return Error::kBadDescriptor;
  out = where_.inode->attributes();
  return {};
}

bool File::readable() const { return (status_flags_ & linux_abi::kO_ACCMODE) != linux_abi::kO_WRONLY; }
bool File::writable() const { return (status_flags_ & linux_abi::kO_ACCMODE) != linux_abi::kO_RDONLY; }
bool File::nonblocking() const { return (status_flags_ & linux_abi::kO_NONBLOCK) != 0; }
bool File::appending() const { return (status_flags_ & linux_abi::kO_APPEND) != 0; }

Result<void> File::SetLock(Lock wanted) {
  Inode* node = inode();
  if (node == nullptr) return Error::kBadDescriptor;
  if (wanted == Lock::kExclusive) {
    const u32 others = node->shared_holders - (lock_ == Lock::kShared ? 1 : 0);
    if (others != 0 || (node->exclusive_holder != nullptr && node->exclusive_holder != this)) return Error::kWouldBlock;
  } else if (wanted == Lock::kShared) {
    if (node->exclusive_holder != nullptr && node->exclusive_holder != this) return Error::kWouldBlock;
  }
  if (lock_ == Lock::kShared) node->shared_holders--;
  if (lock_ == Lock::kExclusive) node->exclusive_holder = nullptr;
  if (wanted == Lock::kShared) node->shared_holders++;
  if (wanted == Lock::kExclusive) node->exclusive_holder = this;
  if (lock_ != Lock::kNone) g_lock_released.WakeAll();
  lock_ = wanted;
  return {};
}

}  // namespace caponier::fs
