#include "kernel/fs/timer_file.h"

#include "kernel/sched/interval_timers.h"
#include "kernel/sched/thread.h"

namespace caponier::fs {

TimerFile::TimerFile(bool real_time) : real_time_(real_time) {
  timer_.file = this;
  timer_.expire = [](sched::Timer& timer) { static_cast<FileTimer&>(timer).file->readable_.WakeAll(); };
}

TimerFile::~TimerFile() { sched::RemoveTimer(timer_); }

bool TimerFile::expired() const { return expiry_ns_ <= arch::NowNs(); }

void TimerFile::Set(u64 expiry_ns, u64 interval_ns) {
  expiry_ns_ = expiry_ns;
  interval_ns_ = interval_ns;
  if (expiry_ns == sched::kForever) {
    sched::RemoveTimer(timer_);
  } else {
    sched::AddTimer(timer_, expiry_ns);
  }
}

u64 TimerFile::LeftNs() const {
  if (expiry_ns_ == sched::kForever) return 0;
  const u64 now = arch::NowNs();
  const u64 next = sched::ExpiriesUpTo(now, expiry_ns_, interval_ns_).next;
  return next == sched::kForever ? 0 : next - now;
}

Result<u64> TimerFile::Read(mm::IoBuffer& to, u64) {
  if (to.remaining() < sizeof(u64)) return Error::kInvalidArgument;
  while (!expired()) {
    if (nonblocking()) return Error::kWouldBlock;
    TRY(sched::WaitOn(readable_, sched::kForever, sched::Interruptible::kYes));
  }
  const sched::Expiries expiries = sched::ExpiriesUpTo(arch::NowNs(), expiry_ns_, interval_ns_);
  Set(expiries.next, interval_ns_);
  TRY(to.Put(BytesOf(expiries.count)));
  return sizeof(u64);
}

PollEvents TimerFile::Poll(PollRegistrar& registrar) {
  registrar.WaitFor(readable_);
  return expired() ? kPollIn : 0;
}

}  // namespace caponier::fs
