// eventfd(2): a counter that readers take and writers add to.
#pragma once

#include "kernel/fs/file.h"

namespace caponier::fs {

// The inode that files without one of their own share, as on Linux.
Result<Ref<Inode>> AnonymousInode();

class EventCounter final : public File {
 public:
  EventCounter(u64 initial, bool semaphore) : count_(initial), semaphore_(semaphore) {}
  Result<u64> Read(mm::IoBuffer& to, u64 offset) override;
  Result<u64> Write(mm::IoBuffer& from, u64 offset) override;
  PollEvents Poll(PollRegistrar& registrar) override;
  Result<String> Name() override { return String::From("anon_inode:[eventfd]"); }

 private:
  static constexpr u64 kMost = ~u64{0} - 1;

  u64 count_;
  bool semaphore_;  // a read takes 1 instead of all
  sched::WaitQueue readable_, writable_;
};

}  // namespace caponier::fs
