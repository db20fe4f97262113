// timerfd_create(2): a timer that is read. Between reads it does not repeat: what passed meanwhile is counted at the next one, so
// that a short interval nobody reads costs nothing.
#pragma once

#include "kernel/fs/file.h"
#include "kernel/sched/timer_queue.h"

namespace caponier::fs {

class TimerFile final : public File {
 public:
  explicit TimerFile(bool real_time);
  ~TimerFile() override;

  Result<u64> Read(mm::IoBuffer& to, u64 offset) override;
  Result<u64> Write(mm::IoBuffer&, u64) override { return Error::kInvalidArgument; }
  PollEvents Poll(PollRegistrar& registrar) override;
  TimerFile* as_timer() override { return this; }
  Result<String> Name() override { return String::From("anon_inode:[timerfd]"); }

  bool real_time() const { return real_time_; }  // its absolute times are real time; deadlines are monotonic all the same
  void Set(u64 expiry_ns, u64 interval_ns);      // sched::kForever disarms
  u64 interval_ns() const { return interval_ns_; }
  u64 LeftNs() const;  // 0: disarmed

 private:
  struct FileTimer : sched::Timer {
    TimerFile* file = nullptr;
  };
  bool expired() const;

  bool real_time_;
  FileTimer timer_;
  u64 expiry_ns_ = sched::kForever, interval_ns_ = 0;
  sched::WaitQueue readable_;
};

}  // namespace caponier::fs
