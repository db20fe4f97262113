// Locks of byte ranges, fcntl(2).
#include "kernel/fs/record_locks.h"
#include "kernel/mm/frames.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

using fs::RecordLocks;

struct Range {
  u64 first, last;
};

// As flock64_to_posix_lock of Linux reads it.
Result<Range> RangeOf(const fs::File& file, const Flock& lock) {
  constexpr i64 kEnd = RecordLocks::kEnd;
  i64 start = 0;
  switch (lock.whence) {
    case kSEEK_SET: break;
    case kSEEK_CUR: start = static_cast<i64>(file.position); break;
    case kSEEK_END: start = file.inode() == nullptr ? 0 : static_cast<i64>(file.inode()->size()); break;
    default: return Error::kInvalidArgument;
  }
  if (!CheckedAdd<i64>(start, lock.start, &start)) return Error::kOverflow;
  if (start < 0) return Error::kInvalidArgument;
  const u64 first = static_cast<u64>(start);
  if (lock.len == 0) return Range{first, kEnd};
  if (lock.len > 0) {
    if (lock.len - 1 > kEnd - start) return Error::kOverflow;
    return Range{first, first + static_cast<u64>(lock.len - 1)};
  }
  if (start + lock.len < 0) return Error::kInvalidArgument;
  return Range{static_cast<u64>(start + lock.len), first - 1};
}

Result<i64> TellLock(Call& call, fs::File& file, const RecordLocks::Lock& wanted, Flock lock, u64 address) {
  const RecordLocks* locks = file.inode() == nullptr ? nullptr : file.inode()->record_locks;
  const RecordLocks::Lock* found = nullptr;
  if (locks != nullptr)
    found = lock.type == kF_UNLCK ? locks->Held(wanted.owner, wanted.first, wanted.last) : locks->Against(wanted);
  lock.type = kF_UNLCK;
  if (found != nullptr) {
    lock.type = found->kind == RecordLocks::Kind::kRead ? kF_RDLCK : kF_WRLCK;
    lock.whence = kSEEK_SET;
    lock.start = static_cast<i64>(found->first);
    lock.len = found->last == RecordLocks::kEnd ? 0 : static_cast<i64>(found->last - found->first + 1);
    lock.pid = found->owner == RecordLocks::kProcess ? call.process().pid : -1;  // a description is nobody's in particular
  }
  TRY(mm::WriteUser(address, lock));
  return 0;
}

}  // namespace

Result<i64> RecordLock(Call& call, fs::File& file, int command, u64 address) {
  const Flock lock = TRY(mm::ReadUser<Flock>(address));
  const bool of_description = command == kF_OFD_GETLK || command == kF_OFD_SETLK || command == kF_OFD_SETLKW;
  const bool asks = command == kF_GETLK || command == kF_OFD_GETLK;
  if (asks && lock.type == kF_UNLCK && !of_description) return Error::kInvalidArgument;
  const Range range = TRY(RangeOf(file, lock));
  if (lock.type != kF_RDLCK && lock.type != kF_WRLCK && lock.type != kF_UNLCK) return Error::kInvalidArgument;
  const RecordLocks::Lock wanted{.owner = of_description ? &file : RecordLocks::kProcess,
                                 .first = range.first,
                                 .last = range.last,
                                 .kind = lock.type == kF_WRLCK ? RecordLocks::Kind::kWrite : RecordLocks::Kind::kRead};
  if (asks) {
    if (of_description && lock.pid != 0) return Error::kInvalidArgument;
    return TellLock(call, file, wanted, lock, address);
  }
  if ((lock.type == kF_RDLCK && !file.readable()) || (lock.type == kF_WRLCK && !file.writable())) return Error::kBadDescriptor;
  if (of_description && lock.pid != 0) return Error::kInvalidArgument;
  if (file.inode() == nullptr) return 0;
  RecordLocks*& locks = file.inode()->record_locks;
  if (lock.type == kF_UNLCK) {
    if (locks == nullptr) return 0;
    TRY(locks->Release(wanted.owner, wanted.first, wanted.last));
    fs::File::lock_released().WakeAll();
    return 0;
  }
  if (mm::InReserve()) return Error::kNoMemory;
  if (locks == nullptr && (locks = new (std::nothrow) RecordLocks) == nullptr) return Error::kNoMemory;
  while (locks->Against(wanted) != nullptr) {
    if (command != kF_SETLKW && command != kF_OFD_SETLKW) return Error::kWouldBlock;
    call.restartable = true;
    TRY(sched::WaitOn(fs::File::lock_released(), sched::kForever, sched::Interruptible::kYes));
  }
  TRY(locks->Set(wanted));
  fs::File::lock_released().WakeAll();  // one that became weaker
  return 0;
}

}  // namespace caponier::syscall
