#include "kernel/fs/tree_changes.h"

#include "kernel/fs/file_systems.h"
#include "kernel/fs/memory_tree.h"
#include "kernel/fs/notify.h"
#include "kernel/fs/pipe.h"
#include "kernel/mm/frames.h"
#include "lib/linux_abi/event_flags.h"

namespace caponier::fs {
namespace {

constexpr u32 kChangeDirectory = static_cast<u32>(Permission::kWrite) | static_cast<u32>(Permission::kExecute);
constexpr u32 kSetGroup = 02000, kSticky = 01000;

// Something may be made at the end of this walk.
Result<void> MayMake(Context& context, const Walk& walk) {
  if (walk.kind != Walk::Kind::kName) return Error::kExists;
  TRY(walk.Last());
  if (walk.inode) return Error::kExists;
  if (walk.directory->removed) return Error::kNotFound;
  // /proc has no names but its own; elsewhere the directory does not take new ones.
  const FileSystem& file_system = walk.directory->file_system();
  if (file_system.fixed) return &file_system == &ProcessFileSystem() ? Error::kNotFound : Error::kNotPermitted;
  return walk.directory->Check(context.credentials, kChangeDirectory);
}

// What the walk found may be taken out of its directory.
Result<void> MayRemove(Context& context, const Walk& walk) {
  TRY(walk.directory->Check(context.credentials, kChangeDirectory));
  if ((walk.directory->mode & kSticky) != 0 && !walk.directory->OwnedBy(context.credentials) &&
      !walk.inode->OwnedBy(context.credentials)) {
    return Error::kNotPermitted;
  }
  if (&walk.inode->file_system() != &walk.directory->file_system()) return Error::kBusy;  // a mount point
  if (walk.directory->file_system().fixed) return Error::kNotPermitted;
  return {};
}

void GiveOwner(Context& context, const Directory& directory, Inode& inode) {
  inode.user = context.credentials.user;
  inode.group = context.credentials.group;
  if ((directory.mode & kSetGroup) != 0) {
    inode.group = directory.group;
    if (inode.is_directory()) inode.mode |= kSetGroup;
  }
}

// Puts `inode` at the walk's end.
Result<u64> Attach(const Walk& walk, Ref<Inode> inode) {
  const u64 entry = TRY(walk.directory->Insert(walk.last, inode));
  if (Directory* made = inode->as_directory()) {
    made->parent = walk.directory;
    made->entry_in_parent = entry;
    walk.directory->links++;
  }
  walk.directory->TouchModified();
  return entry;
}

void TellMade(const Walk& walk, const Inode& inode) { TellOfName(*walk.directory, walk.last, inode, linux_abi::kIN_CREATE); }

// The last of a name: what it named loses a link.
void Detached(Directory& from, Inode& inode) {
  if (Directory* gone = inode.as_directory()) {
    gone->removed = true;
    gone->links = 0;
    from.links--;
  } else {
    inode.links--;
    Tell(inode, linux_abi::kIN_ATTRIB);
  }
  inode.TouchChanged();
  from.TouchModified();
}

bool IsAncestor(const Inode& of, const Directory& directory) {
  for (const Directory* at = &directory; at != nullptr; at = at->parent.get()) {
    if (at == &of) return true;
  }
  return false;
}

}  // namespace

Result<Ref<Inode>> NewInode(FileSystem& file_system, InodeType type, u32 mode, u64 special) {
  if (mm::InReserve()) return Error::kNoSpace;
  Ref<Inode> node;
  switch (type) {
    case InodeType::kRegular: node = TRY(MakeRef<RegularFile>(file_system, mode)); break;
    case InodeType::kDirectory: node = TRY(MakeRef<MemoryDirectory>(file_system, mode)); break;
    case InodeType::kFifo: node = TRY(MakeRef<PipeInode>(file_system, mode)); break;
    default: node = TRY(MakeRef<SpecialNode>(file_system, type, mode)); break;
  }
  node->special = special;
  return node;
}

Result<Location> CreateFile(Context& context, const Walk& walk, InodeType type, u32 mode, u64 special) {
  TRY(MayMake(context, walk));
  if (walk.trailing_slash) return Error::kNotFound;
  Location made;
  made.inode = TRY(NewInode(walk.directory->file_system(), type, mode & ~context.umask, special));
  made.directory = walk.directory;
  GiveOwner(context, *walk.directory, *made.inode);
  made.entry = TRY(Attach(walk, made.inode));
  TellMade(walk, *made.inode);
  return made;
}

Result<void> MakeDirectory(Context& context, const Walk& walk, u32 mode) {
  TRY(MayMake(context, walk));
  auto node = TRY(NewInode(walk.directory->file_system(), InodeType::kDirectory, mode & 01777 & ~context.umask, 0));
  GiveOwner(context, *walk.directory, *node);
  TRY(Attach(walk, node));
  TellMade(walk, *node);
  return {};
}

Result<void> MakeSymbolicLink(Context& context, const Walk& walk, std::string_view text) {
  TRY(MayMake(context, walk));
  if (walk.trailing_slash) return Error::kNotFound;
  if (mm::InReserve()) return Error::kNoSpace;
  auto node = TRY(SymbolicLink::Create(walk.directory->file_system(), text));
  GiveOwner(context, *walk.directory, *node);
  TRY(Attach(walk, node));
  TellMade(walk, *node);
  return {};
}

Result<void> MakeLink(Context& context, const Walk& walk, Ref<Inode> inode) {
  if (walk.kind != Walk::Kind::kName) return Error::kExists;
  TRY(walk.Last());
  if (walk.inode) return Error::kExists;
  if (walk.trailing_slash) return Error::kNotFound;
  if (&inode->file_system() != &walk.directory->file_system()) return Error::kCrossDevice;
  TRY(MayMake(context, walk));
  if (inode->is_directory()) return Error::kNotPermitted;
  if (inode->links == 0 && !inode->linkable) return Error::kNotFound;
  if (mm::InReserve()) return Error::kNoSpace;
  TRY(Attach(walk, inode));
  inode->links++;
  inode->linkable = false;
  inode->TouchChanged();
  Tell(*inode, linux_abi::kIN_ATTRIB);
  TellMade(walk, *inode);
  return {};
}

Result<void> Unlink(Context& context, const Walk& walk) {
  if (walk.kind != Walk::Kind::kName) return Error::kIsDirectory;
  TRY(walk.Last());
  if (!walk.inode) return Error::kNotFound;
  if (walk.trailing_slash) return walk.inode->is_directory() ? Error::kIsDirectory : Error::kNotDirectory;
  TRY(MayRemove(context, walk));
  if (walk.inode->is_directory()) return Error::kIsDirectory;
  TRY(walk.directory->Remove(walk.last));
  Detached(*walk.directory, *walk.inode);
  TellOfName(*walk.directory, walk.last, *walk.inode, linux_abi::kIN_DELETE);
  return {};
}

Result<void> RemoveDirectory(Context& context, const Walk& walk) {
  switch (walk.kind) {
    case Walk::Kind::kDot: return Error::kInvalidArgument;
    case Walk::Kind::kDotDot: return Error::kNotEmpty;
    case Walk::Kind::kRoot:
    case Walk::Kind::kObject: return Error::kBusy;
    case Walk::Kind::kName: break;
  }
  TRY(walk.Last());
  if (!walk.inode) return Error::kNotFound;
  TRY(MayRemove(context, walk));
  Directory* gone = walk.inode->as_directory();
  if (gone == nullptr) return Error::kNotDirectory;
  if (!gone->empty()) return Error::kNotEmpty;
  TRY(walk.directory->Remove(walk.last));
  Detached(*walk.directory, *walk.inode);
  TellOfName(*walk.directory, walk.last, *walk.inode, linux_abi::kIN_DELETE);
  return {};
}

namespace {

// `inode` now hangs from `to` instead of `from`.
void Moved(Inode& inode, Directory& from, const Ref<Directory>& to, u64 entry) {
  Directory* moved = inode.as_directory();
  if (moved == nullptr) return;
  from.links--;
  to->links++;
  moved->parent = to;
  moved->entry_in_parent = entry;
}

// What `from` found goes by `to`'s name.
void TellOfMove(const Walk& from, const Walk& to) {
  const u32 cookie = NewMoveCookie();
  TellOfName(*from.directory, from.last, *from.inode, linux_abi::kIN_MOVED_FROM, cookie);
  TellOfName(*to.directory, to.last, *from.inode, linux_abi::kIN_MOVED_TO, cookie);
}

}  // namespace

Result<void> Rename(Context& context, const Walk& from, const Walk& to, RenameMode mode) {
  if (&from.directory->file_system() != &to.directory->file_system()) return Error::kCrossDevice;
  if (from.kind != Walk::Kind::kName) return Error::kBusy;
  if (to.kind != Walk::Kind::kName) return mode == RenameMode::kNoReplace ? Error::kExists : Error::kBusy;
  TRY(from.Last());
  if (!from.inode) return Error::kNotFound;
  TRY(to.Last());
  if (mode == RenameMode::kNoReplace && to.inode) return Error::kExists;
  if (mode == RenameMode::kExchange && !to.inode) return Error::kNotFound;
  if (mode == RenameMode::kExchange && to.trailing_slash && !to.inode->is_directory()) return Error::kNotDirectory;
  const bool moves_directory = from.inode->is_directory();
  if (!moves_directory) {
    if (from.trailing_slash) return Error::kNotDirectory;
    if (mode != RenameMode::kExchange && to.trailing_slash) return Error::kNotDirectory;
  }
  // A directory must not come to lie within itself, nor replace one it lies in.
  if (moves_directory && IsAncestor(*from.inode, *to.directory)) return Error::kInvalidArgument;
  if (to.inode && to.inode->is_directory() && IsAncestor(*to.inode, *from.directory)) {
    return mode == RenameMode::kExchange ? Error::kInvalidArgument : Error::kNotEmpty;
  }
  if (from.inode == to.inode) return {};
  TRY(MayRemove(context, from));
  if (to.inode) {
    TRY(MayRemove(context, to));
  } else {
    if (to.directory->removed) return Error::kNotFound;
    TRY(to.directory->Check(context.credentials, kChangeDirectory));
  }
  if (mode == RenameMode::kExchange) {
    const u64 at_to = TRY(to.directory->Replace(to.last, from.inode));
    const u64 at_from = TRY(from.directory->Replace(from.last, to.inode));
    Moved(*from.inode, *from.directory, to.directory, at_to);
    Moved(*to.inode, *to.directory, from.directory, at_from);
  } else {
    if (to.inode) {
      Directory* replaced = to.inode->as_directory();
      if (moves_directory && replaced == nullptr) return Error::kNotDirectory;
      if (!moves_directory && replaced != nullptr) return Error::kIsDirectory;
      if (replaced != nullptr && !replaced->empty()) return Error::kNotEmpty;
    }
    const u64 entry = to.inode ? TRY(to.directory->Replace(to.last, from.inode)) : TRY(to.directory->Insert(to.last, from.inode));
    TRY(from.directory->Remove(from.last));
    Moved(*from.inode, *from.directory, to.directory, entry);
  }
  TellOfMove(from, to);
  if (mode == RenameMode::kExchange) TellOfMove(to, from);
  if (mode != RenameMode::kExchange && to.inode) Detached(*to.directory, *to.inode);
  Tell(*from.inode, linux_abi::kIN_MOVE_SELF);
  if (mode == RenameMode::kExchange) Tell(*to.inode, linux_abi::kIN_MOVE_SELF);
  from.inode->TouchChanged();
  if (mode == RenameMode::kExchange) to.inode->TouchChanged();
  from.directory->TouchModified();
  to.directory->TouchModified();
  return {};
}

}  // namespace caponier::fs
