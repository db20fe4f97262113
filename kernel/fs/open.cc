// open(2): finds or makes the inode, checks what the opener may do, and has the inode make the open file.
#include "kernel/fs/notify.h"
#include "kernel/fs/open_files.h"
#include "kernel/fs/tree_changes.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"

namespace caponier::fs {

Result<Ref<File>> OpenLocation(Context& context, Location where, const OpenHow& how) {
  Inode& node = *where.inode;
  Ref<File> file;
  if (how.path_only) {
    file = TRY(MakeRef<OpenPath>());
    file->set_where(std::move(where));
  } else {
    if (node.type() == InodeType::kSymlink) return Error::kTooManyLinks;
    if (node.is_directory() && (how.write || how.create)) return Error::kIsDirectory;
    const u32 wanted =
        (how.read ? static_cast<u32>(Permission::kRead) : 0) | (how.write ? static_cast<u32>(Permission::kWrite) : 0);
    TRY(node.Check(context.credentials, wanted));
    if (how.truncate && !how.write) TRY(node.Check(context.credentials, static_cast<u32>(Permission::kWrite)));
    if (how.keep_access_time && !node.OwnedBy(context.credentials)) return Error::kNotPermitted;
    if (how.truncate && !how.write && node.type() == InodeType::kRegular) TRY(node.Truncate(0));
    file = TRY(node.Open(how, std::move(where)));
    Tell(file->where(), linux_abi::kIN_OPEN);
    if (how.truncate && node.type() == InodeType::kRegular) Tell(file->where(), linux_abi::kIN_MODIFY);
  }
  file->set_status_flags(how.status_flags);
  return file;
}

Result<Ref<File>> OpenUnnamed(FileSystem& file_system, const OpenHow& how) {
  auto node = TRY(MakeRef<RegularFile>(file_system, how.mode));
  node->links = 0;
  Location where;
  where.inode = node;
  auto file = TRY(node->Open(how, std::move(where)));
  file->set_status_flags(how.status_flags);
  return file;
}

Result<Ref<File>> OpenAt(Context& context, Ref<Directory> start, std::string_view path, const OpenHow& how,
                         const WalkOptions& base) {
  WalkOptions options = base;
  options.follow_last = !how.no_follow && !(how.create && how.exclusive);
  options.for_creation = how.create;
  Walk walk(context);
  TRY(walk.Run(std::move(start), path, options));
  if (how.temporary) {
    TRY(walk.Existing());
    if (!walk.inode->is_directory()) return Error::kNotDirectory;
    if (!how.write) return Error::kInvalidArgument;
    if (walk.inode->file_system().fixed) return Error::kNotSupported;
    OpenHow unnamed = how;
    unnamed.mode &= ~context.umask;
    Ref<File> file = TRY(OpenUnnamed(walk.inode->file_system(), unnamed));
    file->inode()->linkable = !how.exclusive;
    return file;
  }
  if (how.create) {
    if (walk.kind == Walk::Kind::kName && walk.trailing_slash) return Error::kIsDirectory;
    if (how.exclusive && walk.inode) return Error::kExists;
    if (walk.kind != Walk::Kind::kName && walk.kind != Walk::Kind::kObject) return Error::kIsDirectory;
    if (!walk.inode) {
      // The opener gets what it asked for, whatever mode it gives the new file.
      Location made = TRY(CreateFile(context, walk, InodeType::kRegular, how.mode));
      Inode& node = *made.inode;
      auto file = TRY(node.Open(how, std::move(made)));
      Tell(file->where(), linux_abi::kIN_OPEN);
      file->set_status_flags(how.status_flags);
      return file;
    }
  }
  TRY(walk.Existing());
  if (how.directory && !walk.inode->is_directory()) return Error::kNotDirectory;
  return OpenLocation(context, walk.location(), how);
}

Result<Ref<File>> Open(Context& context, std::string_view path, u32 flags, u32 mode) {
  return OpenAt(context, context.working, path, ParseOpenFlags(flags, mode));
}

}  // namespace caponier::fs
