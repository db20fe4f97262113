// Waiting for several open files at once.
#pragma once

#include "kernel/fs/file.h"
#include "kernel/syscall/call.h"

namespace caponier::syscall {

struct PollEntry {
  Ref<fs::File> file;  // null: takes no part
  u32 wanted = 0;      // POLL* bits
  u32 found = 0;       // those that hold, POLLERR and POLLHUP whether wanted or not
};

// Fills in `found` until some entry has one or the deadline passes; how many entries have. kInterrupted by a signal.
Result<u64> WaitForAny(std::span<PollEntry> entries, u64 deadline_ns);

// A timeout the program gave, as a deadline: kForever for none.
u64 DeadlineAfter(u64 ns);
// From the timespec at `address`, or kForever when that is 0.
Result<u64> DeadlineFrom(u64 address);
// What is left of it goes back to the program, which need not have room for it.
void GiveRemaining(u64 address, u64 deadline_ns, bool as_timeval = false);

// The signal mask that ppoll, pselect6 and epoll_pwait bring along, in force while this lives.
class MaskedWait {
 public:
  explicit MaskedWait(sched::Thread& thread) : thread_(thread) {}
  Result<void> Apply(u64 address, u64 bytes);  // 0: none
  // The wait is over.
  void Finish(bool interrupted);

 private:
  sched::Thread& thread_;
  bool applied_ = false;
};

}  // namespace caponier::syscall
