// Changing what is stored about files, and how long they are; and the calls that only promise storage.
#include <algorithm>

#include "kernel/fs/notify.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

constexpr i64 kSecond = 1'000'000'000;

// Attributes of what a descriptor of any kind but O_PATH stands for.
Result<fs::Location> PlaceOf(Call& call, int descriptor) {
  const Ref<fs::File> file = TRY(UsableFile(call, descriptor));
  if (file->inode() == nullptr) return Error::kInvalidArgument;
  return file->where();
}

Result<i64> ChangeMode(Call& call, const fs::Location& where, u32 mode) {
  fs::Inode* inode = where.inode.get();
  if (inode == nullptr) return Error::kBadDescriptor;
  if (inode->type() == fs::InodeType::kSymlink) return Error::kNotSupported;
  if (inode->immutable || !inode->OwnedBy(Files(call).credentials)) return Error::kNotPermitted;
  inode->mode = mode & 07777;
  inode->TouchChanged();
  fs::Tell(where, kIN_ATTRIB);
  return 0;
}

Result<i64> ChangeOwner(Call& call, const fs::Location& where, u32 user, u32 group) {
  fs::Inode* inode = where.inode.get();
  if (inode == nullptr) return Error::kBadDescriptor;
  if (inode->immutable) return Error::kNotPermitted;
  const fs::Credentials& who = Files(call).credentials;
  const bool keeps_user = user == ~0u || user == inode->user, keeps_group = group == ~0u || group == inode->group;
  if (who.user != 0 && (!keeps_user || (!keeps_group && (who.user != inode->user || group != who.group))))
    return Error::kNotPermitted;
  if (user != ~0u) inode->user = user;
  if (group != ~0u) inode->group = group;
  if (!inode->is_directory()) {
    // The new owner did not choose to lend out rights.
    inode->mode &= ~04000u;
    if ((inode->mode & 010) != 0) inode->mode &= ~02000u;
  }
  inode->TouchChanged();
  fs::Tell(where, kIN_ATTRIB);
  return 0;
}

}  // namespace

Result<i64> SysFchmod(Call& call) { return ChangeMode(call, TRY(PlaceOf(call, call.Int(0))), call.Unsigned(1)); }
Result<i64> SysFchmodat(Call& call) {
  const Named named = TRY(FindNamed(call, call.Int(0), call[1], 0));
  return ChangeMode(call, named.where, call.Unsigned(2));
}
Result<i64> SysFchown(Call& call) {
  return ChangeOwner(call, TRY(PlaceOf(call, call.Int(0))), call.Unsigned(1), call.Unsigned(2));
}
Result<i64> SysFchownat(Call& call) {
  if ((call.Unsigned(4) & ~(kAT_SYMLINK_NOFOLLOW | kAT_EMPTY_PATH)) != 0) return Error::kInvalidArgument;
  const Named named = TRY(FindNamed(call, call.Int(0), call[1], call.Unsigned(4)));
  return ChangeOwner(call, named.where, call.Unsigned(2), call.Unsigned(3));
}
#if defined(__x86_64__)
Result<i64> SysChmod(Call& call) {
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[0], 0));
  return ChangeMode(call, named.where, call.Unsigned(1));
}
Result<i64> SysChown(Call& call) {
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[0], 0));
  return ChangeOwner(call, named.where, call.Unsigned(1), call.Unsigned(2));
}
Result<i64> SysLchown(Call& call) {
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[0], kAT_SYMLINK_NOFOLLOW));
  return ChangeOwner(call, named.where, call.Unsigned(1), call.Unsigned(2));
}
#endif

// --- times ---------------------------------------------------------------------------------------------------------------------

namespace {

// What becomes of one time stamp.
struct NewTime {
  enum class Kind : u8 { kNow, kKeep, kGiven } kind = Kind::kNow;
  fs::FileTime time = 0;
};

Result<NewTime> FromTimespec(const Timespec& given) {
  if (given.nsec == kUtimeNow) return NewTime{};
  if (given.nsec == kUtimeOmit) return NewTime{NewTime::Kind::kKeep};
  if (given.nsec < 0 || given.nsec >= kSecond) return Error::kInvalidArgument;
  // Times that FileTime cannot hold are clamped, as Linux does for a file system's range.
  constexpr i64 kMost = (i64{1} << 62) / kSecond * 2 - 2;
  const i64 seconds = std::clamp(given.sec, -kMost, kMost);
  return NewTime{NewTime::Kind::kGiven, seconds * kSecond + given.nsec};
}

Result<i64> ChangeTimes(Call& call, const fs::Location& where, NewTime accessed, NewTime modified) {
  fs::Inode* inode = where.inode.get();
  if (inode == nullptr) return Error::kBadDescriptor;
  using Kind = NewTime::Kind;
  if (accessed.kind == Kind::kKeep && modified.kind == Kind::kKeep) return 0;
  if (inode->immutable) return Error::kNotPermitted;
  const fs::Credentials& who = Files(call).credentials;
  if (!inode->OwnedBy(who)) {
    // Whoever may write may set both to now; anything else is the owner's.
    if (accessed.kind != Kind::kNow || modified.kind != Kind::kNow) return Error::kNotPermitted;
    TRY(inode->Check(who, static_cast<u32>(fs::Permission::kWrite)));
  }
  const fs::FileTime now = fs::CurrentTime();
  if (accessed.kind != Kind::kKeep) inode->accessed = accessed.kind == Kind::kNow ? now : accessed.time;
  if (modified.kind != Kind::kKeep) inode->modified = modified.kind == Kind::kNow ? now : modified.time;
  inode->changed = now;
  fs::Tell(where, modified.kind == Kind::kKeep ? kIN_ACCESS : accessed.kind == Kind::kKeep ? kIN_MODIFY : kIN_ATTRIB);
  return 0;
}

}  // namespace

Result<i64> SysUtimensat(Call& call) {
  if ((call.Unsigned(3) & ~(kAT_SYMLINK_NOFOLLOW | kAT_EMPTY_PATH)) != 0) return Error::kInvalidArgument;
  NewTime accessed, modified;
  if (call[2] != 0) {
    const Timespec first = TRY(mm::ReadUser<Timespec>(call[2])), second = TRY(mm::ReadUser<Timespec>(call[2] + sizeof(Timespec)));
    accessed = TRY(FromTimespec(first));
    modified = TRY(FromTimespec(second));
  }
  // Without a path it is futimens(3).
  if (call[1] == 0 && call.Int(0) != kAT_FDCWD) return ChangeTimes(call, TRY(PlaceOf(call, call.Int(0))), accessed, modified);
  const Named named = TRY(FindNamed(call, call.Int(0), call[1], call.Unsigned(3)));
  return ChangeTimes(call, named.where, accessed, modified);
}

#if defined(__x86_64__)
namespace {

Result<i64> ChangeTimesBySeconds(Call& call, int directory, u64 path, u64 times) {
  NewTime accessed, modified;
  if (times != 0) {
    const Timeval first = TRY(mm::ReadUser<Timeval>(times)), second = TRY(mm::ReadUser<Timeval>(times + sizeof(Timeval)));
    if (first.usec < 0 || first.usec >= 1'000'000 || second.usec < 0 || second.usec >= 1'000'000) return Error::kInvalidArgument;
    accessed = TRY(FromTimespec({first.sec, first.usec * 1000}));
    modified = TRY(FromTimespec({second.sec, second.usec * 1000}));
  }
  if (path == 0 && directory != kAT_FDCWD) return ChangeTimes(call, TRY(PlaceOf(call, directory)), accessed, modified);
  const Named named = TRY(FindNamed(call, directory, path, 0));
  return ChangeTimes(call, named.where, accessed, modified);
}

}  // namespace

Result<i64> SysUtimes(Call& call) { return ChangeTimesBySeconds(call, kAT_FDCWD, call[0], call[1]); }
Result<i64> SysFutimesat(Call& call) { return ChangeTimesBySeconds(call, call.Int(0), call[1], call[2]); }
Result<i64> SysUtime(Call& call) {
  NewTime accessed, modified;
  if (call[1] != 0) {
    const Utimbuf times = TRY(mm::ReadUser<Utimbuf>(call[1]));
    accessed = TRY(FromTimespec({times.actime, 0}));
    modified = TRY(FromTimespec({times.modtime, 0}));
  }
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[0], 0));
  return ChangeTimes(call, named.where, accessed, modified);
}
#endif

// --- length --------------------------------------------------------------------------------------------------------------------

Result<i64> SysTruncate(Call& call) {
  if (static_cast<i64>(call[1]) < 0) return Error::kInvalidArgument;
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[0], 0));
  if (named.inode->is_directory()) return Error::kIsDirectory;
  if (named.inode->type() != fs::InodeType::kRegular) return Error::kInvalidArgument;
  TRY(named.inode->Check(Files(call).credentials, static_cast<u32>(fs::Permission::kWrite)));
  if (call[1] > named.inode->size()) TRY(WithinFileLimit(call, call[1]));
  TRY(named.inode->Truncate(call[1]));
  fs::Tell(named.where, kIN_MODIFY);
  return 0;
}

Result<i64> SysFtruncate(Call& call) {
  if (static_cast<i64>(call[1]) < 0) return Error::kInvalidArgument;
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (file->inode() == nullptr || file->inode()->type() != fs::InodeType::kRegular || !file->writable())
    return Error::kInvalidArgument;
  if (call[1] > file->inode()->size()) TRY(WithinFileLimit(call, call[1]));
  TRY(file->inode()->Truncate(call[1]));
  fs::Tell(file->where(), kIN_MODIFY);
  return 0;
}

Result<i64> SysFallocate(Call& call) {
  const i64 offset = static_cast<i64>(call[2]), bytes = static_cast<i64>(call[3]);
  const u32 mode = call.Unsigned(1);
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (offset < 0 || bytes <= 0) return Error::kInvalidArgument;
  if (mode > kFALLOC_FL_UNSHARE_RANGE * 2 - 1 || mode == kFALLOC_FL_PUNCH_HOLE) return Error::kNotSupported;
  constexpr u32 kPunch = kFALLOC_FL_PUNCH_HOLE | kFALLOC_FL_KEEP_SIZE, kZero = kFALLOC_FL_ZERO_RANGE;
  if (!file->writable()) return Error::kBadDescriptor;
  if (file->inode() == nullptr) return Error::kNoDevice;
  if (file->inode()->type() == fs::InodeType::kFifo) return Error::kNotSeekable;
  if (file->inode()->is_directory()) return Error::kIsDirectory;
  fs::RegularFile* regular = file->inode()->as_regular();
  if (regular == nullptr) return Error::kNoDevice;
  if (mode != 0 && mode != kFALLOC_FL_KEEP_SIZE && mode != kPunch && mode != kZero && mode != (kZero | kFALLOC_FL_KEEP_SIZE))
    return Error::kNotSupported;
  if (regular->seals != 0 && (regular->seals & (kF_SEAL_WRITE | kF_SEAL_FUTURE_WRITE | kF_SEAL_GROW)) != 0)
    return Error::kNotPermitted;
  i64 end;
  if (!CheckedAdd(offset, bytes, &end)) return Error::kFileTooLarge;
  if ((mode & kFALLOC_FL_KEEP_SIZE) == 0 && static_cast<u64>(end) > regular->size())
    TRY(WithinFileLimit(call, static_cast<u64>(end)));
  if ((mode & (kFALLOC_FL_PUNCH_HOLE | kZero)) != 0) TRY(regular->Punch(call[2], call[3]));
  if ((mode & kFALLOC_FL_PUNCH_HOLE) == 0) TRY(regular->data().Allocate(call[2], call[3], (mode & kFALLOC_FL_KEEP_SIZE) == 0));
  regular->TouchModified();
  fs::Tell(file->where(), kIN_MODIFY);
  return 0;
}

// --- promises ------------------------------------------------------------------------------------------------------------------

// Files live in memory: what was written is as stable as it will ever be.
Result<i64> SysFsync(Call& call) {
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (file->inode() == nullptr || file->inode()->type() == fs::InodeType::kFifo ||
      file->inode()->type() == fs::InodeType::kCharacter)
    return Error::kInvalidArgument;
  return 0;
}
Result<i64> SysSync(Call&) { return 0; }
Result<i64> SysSyncfs(Call& call) {
  TRY(UsableFile(call, call.Int(0)));
  return 0;
}

Result<i64> SysFadvise64(Call& call) {
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (file->inode() != nullptr && file->inode()->type() == fs::InodeType::kFifo) return Error::kNotSeekable;
  if (call.Int(3) < kPOSIX_FADV_NORMAL || call.Int(3) > kPOSIX_FADV_NOREUSE || static_cast<i64>(call[2]) < 0)
    return Error::kInvalidArgument;
  return 0;
}

Result<i64> SysSyncFileRange(Call& call) {
  if (static_cast<i64>(call[1]) < 0 || static_cast<i64>(call[2]) < 0 || call.Unsigned(3) > 7) return Error::kInvalidArgument;
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (!file->seekable()) return Error::kNotSeekable;
  return 0;
}

Result<i64> SysReadahead(Call& call) {
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (!file->readable()) return Error::kBadDescriptor;
  if (file->inode() == nullptr || file->inode()->type() != fs::InodeType::kRegular) return Error::kInvalidArgument;
  return 0;
}

// --- flock ---------------------------------------------------------------------------------------------------------------------

Result<i64> SysFlock(Call& call) {
  const u32 operation = call.Unsigned(1);
  fs::File::Lock wanted;
  switch (operation & ~kLOCK_NB) {
    case kLOCK_SH: wanted = fs::File::Lock::kShared; break;
    case kLOCK_EX: wanted = fs::File::Lock::kExclusive; break;
    case kLOCK_UN: wanted = fs::File::Lock::kNone; break;
    default: return Error::kInvalidArgument;
  }
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (file->inode() == nullptr) return 0;
  for (;;) {
    const auto locked = file->SetLock(wanted);
    if (locked.ok()) break;
    if (locked.error() != Error::kWouldBlock || (operation & kLOCK_NB) != 0) return locked.error();
    // Changing a lock's kind is not atomic [flock(2)]: the old one goes before the wait.
    TRY(file->SetLock(fs::File::Lock::kNone));
    call.restartable = true;
    TRY(sched::WaitOn(fs::File::lock_released(), sched::kForever, sched::Interruptible::kYes));
  }
  return 0;
}

// --- extended attributes: none are kept ------------------------------------------------------------------------------------------

namespace {
Result<i64> CheckPath(Call& call, u32 flags) {
  TRY(FindNamed(call, kAT_FDCWD, call[0], flags));
  return 0;
}
Result<i64> CheckDescriptor(Call& call) {
  TRY(UsableFile(call, call.Int(0)));
  return 0;
}
}  // namespace

Result<i64> SysGetxattr(Call& call) {
  TRY(CheckPath(call, 0));
  return Error::kNotSupported;
}
Result<i64> SysLgetxattr(Call& call) {
  TRY(CheckPath(call, kAT_SYMLINK_NOFOLLOW));
  return Error::kNotSupported;
}
Result<i64> SysFgetxattr(Call& call) {
  TRY(CheckDescriptor(call));
  return Error::kNotSupported;
}
Result<i64> SysSetxattr(Call& call) { return SysGetxattr(call); }
Result<i64> SysLsetxattr(Call& call) { return SysLgetxattr(call); }
Result<i64> SysFsetxattr(Call& call) { return SysFgetxattr(call); }
Result<i64> SysRemovexattr(Call& call) { return SysGetxattr(call); }
Result<i64> SysLremovexattr(Call& call) { return SysLgetxattr(call); }
Result<i64> SysFremovexattr(Call& call) { return SysFgetxattr(call); }
Result<i64> SysListxattr(Call& call) { return CheckPath(call, 0); }
Result<i64> SysLlistxattr(Call& call) { return CheckPath(call, kAT_SYMLINK_NOFOLLOW); }
Result<i64> SysFlistxattr(Call& call) { return CheckDescriptor(call); }

}  // namespace caponier::syscall
