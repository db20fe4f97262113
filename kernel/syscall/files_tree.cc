// Changing the tree, and where the process stands in it.
#include "kernel/fs/tree_changes.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

Result<i64> MakeDirectoryAt(Call& call, int directory, u64 path_address, u32 mode) {
  fs::Walk walk(Files(call));
  UserPath path;
  TRY(WalkTo(call, walk, path, directory, path_address));
  TRY(fs::MakeDirectory(Files(call), walk, mode));
  return 0;
}

Result<i64> RemoveAt(Call& call, int directory, u64 path_address, bool directories) {
  fs::Walk walk(Files(call));
  UserPath path;
  TRY(WalkTo(call, walk, path, directory, path_address));
  TRY(directories ? fs::RemoveDirectory(Files(call), walk) : fs::Unlink(Files(call), walk));
  return 0;
}

Result<i64> RenameAt(Call& call, int from_directory, u64 from_address, int to_directory, u64 to_address, u32 flags) {
  fs::RenameMode mode = fs::RenameMode::kReplace;
  switch (flags) {
    case 0: break;
    case kRENAME_NOREPLACE: mode = fs::RenameMode::kNoReplace; break;
    case kRENAME_EXCHANGE: mode = fs::RenameMode::kExchange; break;
    default: return Error::kInvalidArgument;
  }
  fs::Walk from(Files(call)), to(Files(call));
  UserPath from_path, to_path;
  TRY(WalkTo(call, from, from_path, from_directory, from_address));
  TRY(WalkTo(call, to, to_path, to_directory, to_address));
  TRY(fs::Rename(Files(call), from, to, mode));
  return 0;
}

Result<i64> LinkAt(Call& call, int from_directory, u64 from_address, int to_directory, u64 to_address, u32 flags) {
  if ((flags & ~(kAT_SYMLINK_FOLLOW | kAT_EMPTY_PATH)) != 0) return Error::kInvalidArgument;
  const u32 at_flags = (flags & kAT_EMPTY_PATH) | ((flags & kAT_SYMLINK_FOLLOW) != 0 ? 0 : kAT_SYMLINK_NOFOLLOW);
  const Named from = TRY(FindNamed(call, from_directory, from_address, at_flags));
  if (!from.inode) return Error::kNotFound;
  fs::Walk to(Files(call));
  UserPath to_path;
  TRY(WalkTo(call, to, to_path, to_directory, to_address));
  TRY(fs::MakeLink(Files(call), to, from.inode));
  return 0;
}

Result<i64> SymbolicLinkAt(Call& call, u64 text_address, int directory, u64 path_address) {
  UserPath text, path;
  TRY(text.Read(text_address));
  if (text.empty()) return Error::kNotFound;
  fs::Walk walk(Files(call));
  TRY(WalkTo(call, walk, path, directory, path_address));
  TRY(fs::MakeSymbolicLink(Files(call), walk, text.text()));
  return 0;
}

Result<i64> MakeNodeAt(Call& call, int directory, u64 path_address, u32 mode, u64 device) {
  fs::InodeType type{};
  switch (mode & kS_IFMT) {
    case 0:
    case kS_IFREG: type = fs::InodeType::kRegular; break;
    case kS_IFIFO: type = fs::InodeType::kFifo; break;
    case kS_IFSOCK: type = fs::InodeType::kSocket; break;
    case kS_IFCHR: type = fs::InodeType::kCharacter; break;
    case kS_IFBLK: type = fs::InodeType::kBlock; break;
    case kS_IFDIR: return Error::kNotPermitted;
    default: return Error::kInvalidArgument;
  }
  const bool is_device = type == fs::InodeType::kCharacter || type == fs::InodeType::kBlock;
  if (is_device && Files(call).credentials.user != 0) return Error::kNotPermitted;
  fs::Walk walk(Files(call));
  UserPath path;
  TRY(WalkTo(call, walk, path, directory, path_address));
  TRY(fs::CreateFile(Files(call), walk, type, mode & 07777, is_device ? device : 0));
  return 0;
}

}  // namespace

Result<i64> SysMkdirat(Call& call) { return MakeDirectoryAt(call, call.Int(0), call[1], call.Unsigned(2)); }
Result<i64> SysUnlinkat(Call& call) {
  if ((call.Unsigned(2) & ~kAT_REMOVEDIR) != 0) return Error::kInvalidArgument;
  return RemoveAt(call, call.Int(0), call[1], (call.Unsigned(2) & kAT_REMOVEDIR) != 0);
}
Result<i64> SysRenameat(Call& call) { return RenameAt(call, call.Int(0), call[1], call.Int(2), call[3], 0); }
Result<i64> SysRenameat2(Call& call) { return RenameAt(call, call.Int(0), call[1], call.Int(2), call[3], call.Unsigned(4)); }
Result<i64> SysLinkat(Call& call) { return LinkAt(call, call.Int(0), call[1], call.Int(2), call[3], call.Unsigned(4)); }
Result<i64> SysSymlinkat(Call& call) { return SymbolicLinkAt(call, call[0], call.Int(1), call[2]); }
Result<i64> SysMknodat(Call& call) { return MakeNodeAt(call, call.Int(0), call[1], call.Unsigned(2), call[3]); }

#if defined(__x86_64__)
Result<i64> SysMkdir(Call& call) { return MakeDirectoryAt(call, kAT_FDCWD, call[0], call.Unsigned(1)); }
Result<i64> SysRmdir(Call& call) { return RemoveAt(call, kAT_FDCWD, call[0], true); }
Result<i64> SysUnlink(Call& call) { return RemoveAt(call, kAT_FDCWD, call[0], false); }
Result<i64> SysRename(Call& call) { return RenameAt(call, kAT_FDCWD, call[0], kAT_FDCWD, call[1], 0); }
Result<i64> SysLink(Call& call) { return LinkAt(call, kAT_FDCWD, call[0], kAT_FDCWD, call[1], 0); }
Result<i64> SysSymlink(Call& call) { return SymbolicLinkAt(call, call[0], kAT_FDCWD, call[1]); }
Result<i64> SysMknod(Call& call) { return MakeNodeAt(call, kAT_FDCWD, call[0], call.Unsigned(1), call[2]); }
#endif

// --- where the process stands ------------------------------------------------------------------------------------------------------

Result<i64> SysGetcwd(Call& call) {
  fs::Context& context = Files(call);
  if (context.working->removed) return Error::kNotFound;
  const String path = TRY(fs::PathOf(*context.root, *context.working));
  const u64 bytes = path.view().size() + 1;
  if (bytes > call[1]) return Error::kOutOfRange;
  TRY(mm::CopyToUser(call[0], AsBytes(path.view())));
  TRY(mm::WriteUser<char>(call[0] + bytes - 1, '\0'));
  return static_cast<i64>(bytes);
}

namespace {

Result<Ref<fs::Directory>> EnterableDirectory(Call& call, const Ref<fs::Inode>& inode) {
  if (!inode || !inode->is_directory()) return Error::kNotDirectory;
  TRY(inode->Check(Files(call).credentials, static_cast<u32>(fs::Permission::kExecute)));
  return Ref<fs::Directory>::Share(inode->as_directory());
}

}  // namespace

Result<i64> SysChdir(Call& call) {
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[0], 0));
  Files(call).working = TRY(EnterableDirectory(call, named.inode));
  return 0;
}

Result<i64> SysFchdir(Call& call) {
  const Ref<fs::File> file = TRY(Files(call).Get(call.Int(0)));
  Files(call).working = TRY(EnterableDirectory(call, file->where().inode));
  return 0;
}

Result<i64> SysChroot(Call& call) {
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[0], 0));
  Ref<fs::Directory> root = TRY(EnterableDirectory(call, named.inode));
  if (Files(call).credentials.user != 0) return Error::kNotPermitted;
  Files(call).root = std::move(root);
  return 0;
}

Result<i64> SysUmask(Call& call) {
  fs::Context& context = Files(call);
  const u32 old = context.umask;
  context.umask = call.Unsigned(0) & 0777;
  return old;
}

}  // namespace caponier::syscall
