// Open files as the system calls see them. Every kind (regular, directory, pipe, device, proc, console) is a subclass; what a kind
// cannot do keeps the default, which fails with the errno Linux gives.
#pragma once

#include "kernel/fs/inode.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/user_copy.h"
#include "kernel/sched/wait_queue.h"
#include "lib/base/list.h"
#include "lib/base/ref.h"
#include "lib/base/result.h"
#include "lib/linux_abi/file_flags.h"

namespace caponier::fs {

// poll(2) bits, Linux's values.
using PollEvents = u32;
inline constexpr PollEvents kPollIn = 1, kPollPriority = 2, kPollOut = 4, kPollError = 8, kPollHangup = 16,
                            kPollReadHangup = 0x2000;

// Gathers the queues a poll must wait on.
class PollRegistrar {
 public:
  virtual void WaitFor(sched::WaitQueue& queue) = 0;

 protected:
  ~PollRegistrar() = default;
};

// An interest in an open file that ends with the file: an epoll's entry.
class FileWatch {
 public:
  virtual void OnFileGone() = 0;  // called once, unlinked already
  ListNode watch_node;

 protected:
  ~FileWatch() = default;
};

class EventSet;
class NotifyFile;
class SignalFile;
class Socket;
class TimerFile;

class File : public RefCounted {
 public:
  // Reads or writes at `offset`, or at the file's own position when it has none and `offset` is kStream. The returned count may be
  // short; 0 from Read is the end. Blocks unless `nonblocking()`.
  static constexpr u64 kStream = ~u64{0};
  virtual Result<u64> Read(mm::IoBuffer& to, u64 offset);
  virtual Result<u64> Write(mm::IoBuffer& from, u64 offset);
  virtual Result<u64> Seek(i64 offset, int whence);
  virtual bool seekable() const { return false; }
  // The events that hold now; registers the queues that announce a change.
  virtual PollEvents Poll(PollRegistrar& registrar);
  // False for files that are always ready, which epoll refuses.
  virtual bool pollable() const { return true; }
  virtual EventSet* as_event_set() { return nullptr; }
  virtual Socket* as_socket() { return nullptr; }
  virtual TimerFile* as_timer() { return nullptr; }
  virtual SignalFile* as_signals() { return nullptr; }
  virtual NotifyFile* as_notify() { return nullptr; }
  virtual i32 process_id() const { return 0; }  // pidfd_open(2)'s; 0: none
  // ioctl(2): `argument` is a user address or a number, as the request says.
  virtual Result<i64> Control(u32 request, u64 argument);
  // The object's pages for mmap(2). kNoDevice when it cannot be mapped.
  virtual Result<Ref<mm::PageSource>> Mappable();
  // The inode behind it; null for anonymous kinds.
  Inode* inode() const { return where_.inode.get(); }
  virtual Result<void> Stat(Attributes& out);
  // The text that /proc/self/fd shows: a path, or "pipe:[7]".
  virtual Result<String> Name();
  // False for O_PATH: a name and nothing else.
  virtual bool usable() const { return true; }

  const Location& where() const { return where_; }
  void set_where(Location where) { where_ = std::move(where); }

  u32 status_flags() const { return status_flags_; }  // O_APPEND, O_NONBLOCK, access mode: Linux's native values
  void set_status_flags(u32 flags) { status_flags_ = flags; }
  bool touches_access_time() const { return (status_flags_ & linux_abi::kO_NOATIME) == 0; }
  bool readable() const;
  bool writable() const;
  bool nonblocking() const;
  bool appending() const;

  void AddWatch(FileWatch* watch) { watches_.PushBack(watch); }
  void RemoveWatch(FileWatch* watch) { watches_.Remove(watch); }

  // flock(2). Whoever must wait for a lock waits on lock_released().
  enum class Lock : u8 { kNone, kShared, kExclusive };
  Result<void> SetLock(Lock wanted);  // kWouldBlock while another description stands in the way
  static sched::WaitQueue& lock_released();

  u64 position = 0;

 protected:
  ~File() override;
  // Ends the watches while all of the object still stands.
  void OnLastRelease() override;

 private:
  Location where_;
  List<FileWatch, &FileWatch::watch_node> watches_;
  u32 status_flags_ = 0;
  Lock lock_ = Lock::kNone;
};

}  // namespace caponier::fs
