// epoll(7) and eventfd(2).
#include <algorithm>

#include "kernel/fs/epoll.h"
#include "kernel/fs/event_counter.h"
#include "kernel/syscall/files.h"
#include "kernel/syscall/poll.h"
#include "lib/linux_abi/arch_types.h"
#include "lib/linux_abi/event_flags.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

Result<i64> MakeCounter(Call& call, u32 initial, u32 flags) {
  if ((flags & ~u32{kEFD_SEMAPHORE | kEFD_CLOEXEC | kEFD_NONBLOCK}) != 0) return Error::kInvalidArgument;
  auto counter = TRY(MakeRef<fs::EventCounter>(initial, (flags & kEFD_SEMAPHORE) != 0));
  return InstallAnonymous(call, std::move(counter), kO_RDWR | (flags & kEFD_NONBLOCK), (flags & kEFD_CLOEXEC) != 0);
}

Result<Ref<fs::File>> EventSetFile(Call& call, int descriptor) {
  Ref<fs::File> file = TRY(UsableFile(call, descriptor));
  if (file->as_event_set() == nullptr) return Error::kInvalidArgument;
  return file;
}

Result<i64> Wait(Call& call, int descriptor, u64 address, i32 most, u64 deadline) {
  constexpr i32 kMost = 0x7fffffff / static_cast<i32>(sizeof(native::EpollEvent));
  if (most <= 0 || most > kMost) return Error::kInvalidArgument;
  const Ref<fs::File> file = TRY(EventSetFile(call, descriptor));
  if (!mm::IsUserRange(address, static_cast<u64>(most) * sizeof(native::EpollEvent))) return Error::kBadAddress;
  fs::EventSet& set = *file->as_event_set();
  for (;;) {
    // At most one answer for each file, all in one go: a level-triggered file is back on the list at once.
    constexpr size_t kFew = 16;
    fs::EventInterest few[kFew];
    Vector<fs::EventInterest> many;
    std::span<fs::EventInterest> found(few);
    const size_t wanted = std::min(set.size(), static_cast<size_t>(most));
    if (wanted > kFew) {
      TRY(many.Resize(wanted));
      found = many;
    }
    const size_t given = set.Collect(found.first(wanted));
    for (size_t i = 0; i < given; i++) {
      native::EpollEvent event;
      event.events = found[i].events;
      event.data = found[i].data;
      TRY(mm::CopyToUser(address + i * sizeof(event), BytesOf(event)));
    }
    if (given != 0 || deadline == 0) return static_cast<i64>(given);
    if (set.AnyReady()) continue;  // since the look at it
    const auto waited = sched::WaitOn(set.ready_queue(), deadline, sched::Interruptible::kYes);
    if (waited.ok()) continue;
    if (waited.error() != Error::kTimedOut) return waited.error();
    deadline = 0;
  }
}

u64 DeadlineOfMilliseconds(i32 timeout) {
  return timeout < 0 ? sched::kForever : DeadlineAfter(static_cast<u64>(timeout) * 1'000'000);
}

Result<i64> WaitMasked(Call& call, u64 deadline) {
  MaskedWait masked(call.thread);
  TRY(masked.Apply(call[4], call[5]));
  const auto result = Wait(call, call.Int(0), call[1], call.Int(2), deadline);
  masked.Finish(!result.ok() && result.error() == Error::kInterrupted);
  return result;
}

}  // namespace

Result<i64> SysEventfd2(Call& call) { return MakeCounter(call, call.Unsigned(0), call.Unsigned(1)); }

Result<i64> SysEpollCreate1(Call& call) {
  if ((call.Unsigned(0) & ~u32{kEPOLL_CLOEXEC}) != 0) return Error::kInvalidArgument;
  auto set = TRY(MakeRef<fs::EventSet>());
  return InstallAnonymous(call, std::move(set), kO_RDWR, (call.Unsigned(0) & kEPOLL_CLOEXEC) != 0);
}

Result<i64> SysEpollCtl(Call& call) {
  const int operation = call.Int(1), descriptor = call.Int(2);
  fs::EventInterest interest;
  if (operation != kEPOLL_CTL_DEL) {
    native::EpollEvent event;
    TRY(mm::CopyFromUser(WritableBytesOf(event), call[3]));
    interest = {event.events, event.data};
  }
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  const Ref<fs::File> watched = TRY(UsableFile(call, descriptor));
  if (!watched->pollable()) return Error::kNotPermitted;
  if (file == watched || file->as_event_set() == nullptr) return Error::kInvalidArgument;
  fs::EventSet& set = *file->as_event_set();
  switch (operation) {
    case kEPOLL_CTL_ADD: TRY(set.Add(descriptor, *watched, interest)); return 0;
    case kEPOLL_CTL_MOD: TRY(set.Change(descriptor, *watched, interest)); return 0;
    case kEPOLL_CTL_DEL: TRY(set.Remove(descriptor, *watched)); return 0;
    default: return Error::kInvalidArgument;
  }
}

Result<i64> SysEpollPwait(Call& call) { return WaitMasked(call, DeadlineOfMilliseconds(call.Int(3))); }
Result<i64> SysEpollPwait2(Call& call) {
  const u64 deadline = TRY(DeadlineFrom(call[3]));
  return WaitMasked(call, deadline);
}

#if defined(__x86_64__)
Result<i64> SysEventfd(Call& call) { return MakeCounter(call, call.Unsigned(0), 0); }
Result<i64> SysEpollCreate(Call& call) {
  if (call.Int(0) <= 0) return Error::kInvalidArgument;
  auto set = TRY(MakeRef<fs::EventSet>());
  return InstallAnonymous(call, std::move(set), kO_RDWR, false);
}
Result<i64> SysEpollWait(Call& call) {
  return Wait(call, call.Int(0), call[1], call.Int(2), DeadlineOfMilliseconds(call.Int(3)));
}
#endif

}  // namespace caponier::syscall
