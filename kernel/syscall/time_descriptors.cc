// timerfd_create and its settings.
#include "kernel/fs/timer_file.h"
#include "kernel/syscall/clocks.h"
#include "kernel/syscall/files.h"
#include "kernel/syscall/time_values.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

Itimerspec SettingOf(const fs::TimerFile& file) { return {TimespecOf(file.interval_ns()), TimespecOf(file.LeftNs())}; }

Result<Ref<fs::TimerFile>> TimerFileOf(Call& call, int descriptor) {
  Ref<fs::File> file = TRY(UsableFile(call, descriptor));
  if (file->as_timer() == nullptr) return Error::kInvalidArgument;
  return Ref<fs::TimerFile>::Share(file->as_timer());
}

}  // namespace

Result<i64> SysTimerfdCreate(Call& call) {
  const u32 flags = call.Unsigned(1);
  if ((flags & ~u32{kTFD_NONBLOCK | kTFD_CLOEXEC}) != 0) return Error::kInvalidArgument;
  const ClockRef clock = TRY(ClockOf(call.thread, call.Int(0)));
  if (clock.cpu_time() || clock.coarse || call.Int(0) == kCLOCK_MONOTONIC_RAW) return Error::kInvalidArgument;
  Ref<fs::TimerFile> file = TRY(MakeRef<fs::TimerFile>(clock.kind == ClockRef::Kind::kReal));
  return InstallAnonymous(call, std::move(file), kO_RDWR | (flags & kTFD_NONBLOCK), (flags & kTFD_CLOEXEC) != 0);
}

Result<i64> SysTimerfdSettime(Call& call) {
  const u32 flags = call.Unsigned(1);
  if ((flags & ~u32{kTFD_TIMER_ABSTIME | kTFD_TIMER_CANCEL_ON_SET}) != 0) return Error::kInvalidArgument;
  const auto given = TRY(mm::ReadUser<Itimerspec>(call[2]));
  const u64 value = TRY(NanosecondsOf(given.value));
  const u64 interval = TRY(NanosecondsOf(given.interval));
  Ref<fs::TimerFile> file = TRY(TimerFileOf(call, call.Int(0)));
  const Itimerspec old = SettingOf(*file);
  u64 expiry = sched::kForever;
  if (value != 0) {
    const bool absolute = (flags & kTFD_TIMER_ABSTIME) != 0;
    expiry = !absolute ? DeadlineAfter(value) : file->real_time() ? DeadlineAtRealTime(value) : value;
  }
  file->Set(expiry, interval);
  if (call[3] != 0) TRY(mm::WriteUser(call[3], old));
  return 0;
}

Result<i64> SysTimerfdGettime(Call& call) {
  const Ref<fs::TimerFile> file = TRY(TimerFileOf(call, call.Int(0)));
  TRY(mm::WriteUser(call[1], SettingOf(*file)));
  return 0;
}

}  // namespace caponier::syscall
