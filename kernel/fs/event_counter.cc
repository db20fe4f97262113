#include "kernel/fs/event_counter.h"

#include "kernel/fs/file_systems.h"

namespace caponier::fs {

Result<Ref<Inode>> AnonymousInode() {
  class Anonymous final : public Inode {
   public:
    Anonymous() : Inode(AnonymousFileSystem(), InodeType::kRegular, 0600) {}
  };
  static Ref<Inode> inode;
  if (!inode) inode = TRY(MakeRef<Anonymous>());
  return inode;
}

Result<u64> EventCounter::Read(mm::IoBuffer& to, u64) {
  if (to.remaining() < sizeof(u64)) return Error::kInvalidArgument;
  while (count_ == 0) {
    if (nonblocking()) return Error::kWouldBlock;
    TRY(sched::WaitOn(readable_, sched::kForever, sched::Interruptible::kYes));
  }
  const u64 taken = semaphore_ ? 1 : count_;
  count_ -= taken;
  writable_.WakeAll();
  TRY(to.Put(BytesOf(taken)));
  return sizeof(taken);
}

Result<u64> EventCounter::Write(mm::IoBuffer& from, u64) {
  u64 added;
  if (from.remaining() < sizeof(added)) return Error::kInvalidArgument;
  TRY(from.Take(WritableBytesOf(added)));
  if (added == ~u64{0}) return Error::kInvalidArgument;
  while (added > kMost - count_) {
    if (nonblocking()) return Error::kWouldBlock;
    TRY(sched::WaitOn(writable_, sched::kForever, sched::Interruptible::kYes));
  }
  count_ += added;
  if (count_ != 0) readable_.WakeAll();
  return sizeof(added);
}

PollEvents EventCounter::Poll(PollRegistrar& registrar) {
  registrar.WaitFor(readable_);
  registrar.WaitFor(writable_);
  return (count_ != 0 ? kPollIn : 0) | (count_ < kMost ? kPollOut : 0);
}

}  // namespace caponier::fs
