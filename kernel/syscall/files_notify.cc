// inotify(7).
#include "kernel/fs/notify.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/event_flags.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

Result<i64> MakeNotifyFile(Call& call, u32 flags) {
  if ((flags & ~u32{kIN_CLOEXEC | kIN_NONBLOCK}) != 0) return Error::kInvalidArgument;
  Ref<fs::NotifyFile> file = TRY(MakeRef<fs::NotifyFile>());
  return InstallAnonymous(call, std::move(file), kO_RDONLY | (flags & kIN_NONBLOCK), (flags & kIN_CLOEXEC) != 0);
}

Result<Ref<fs::File>> NotifyFileOf(Call& call) {
  Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (file->as_notify() == nullptr) return Error::kInvalidArgument;
  return file;
}

}  // namespace

Result<i64> SysInotifyInit1(Call& call) { return MakeNotifyFile(call, call.Unsigned(0)); }
#if defined(__x86_64__)
Result<i64> SysInotifyInit(Call& call) { return MakeNotifyFile(call, 0); }
#endif

Result<i64> SysInotifyAddWatch(Call& call) {
  constexpr u32 kHow = kIN_ONLYDIR | kIN_DONT_FOLLOW | kIN_EXCL_UNLINK | kIN_MASK_CREATE | kIN_MASK_ADD | kIN_ONESHOT;
  constexpr u32 kKnown = kIN_ALL_EVENTS | kIN_UNMOUNT | kIN_Q_OVERFLOW | kIN_IGNORED | kIN_ISDIR | kHow;
  const u32 mask = call.Unsigned(2);
  if ((mask & ~kKnown) != 0 || mask == 0) return Error::kInvalidArgument;
  TRY(UsableFile(call, call.Int(0)));
  if ((mask & kIN_MASK_ADD) != 0 && (mask & kIN_MASK_CREATE) != 0) return Error::kInvalidArgument;
  const Ref<fs::File> file = TRY(NotifyFileOf(call));
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[1], (mask & kIN_DONT_FOLLOW) != 0 ? kAT_SYMLINK_NOFOLLOW : 0));
  if ((mask & kIN_ONLYDIR) != 0 && !named.inode->is_directory()) return Error::kNotDirectory;
  TRY(named.inode->Check(Files(call).credentials, static_cast<u32>(fs::Permission::kRead)));
  return i64{TRY(file->as_notify()->Watch(*named.inode, mask))};
}

Result<i64> SysInotifyRmWatch(Call& call) {
  const Ref<fs::File> file = TRY(NotifyFileOf(call));
  TRY(file->as_notify()->Unwatch(call.Int(1)));
  return 0;
}

}  // namespace caponier::syscall
