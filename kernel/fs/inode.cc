#include "kernel/fs/inode.h"

#include "kernel/fs/file.h"
#include "kernel/fs/notify.h"
#include "kernel/fs/record_locks.h"
#include "kernel/sched/thread.h"

namespace caponier::fs {

FileTime CurrentTime() { return static_cast<FileTime>(sched::RealTimeNs()); }

Inode::Inode(FileSystem& file_system, InodeType type, u32 permission_bits)
    : mode(permission_bits & 07777), file_system_(file_system), number_(++file_system.last_inode), type_(type) {
  accessed = modified = changed = born = CurrentTime();
}

Inode::~Inode() {
  delete record_locks;
  delete watches;
}

Attributes Inode::attributes() const {
  Attributes out;
  out.type = type_;
  out.mode = mode;
  out.user = user;
  out.group = group;
  out.links = links;
  out.device = file_system_.device;
  out.number = number_;
  out.special = special;
  out.size = size();
  out.blocks = blocks();
  out.accessed = accessed;
  out.modified = modified;
  out.changed = changed;
  out.born = born;
  return out;
}

Result<Ref<File>> Inode::Open(const OpenHow&, Location) { return Error::kNobodyThere; }
Result<void> Inode::Truncate(u64) { return Error::kInvalidArgument; }
Result<String> Inode::ReadLink() { return Error::kInvalidArgument; }
Result<Location> Inode::Target() { return Error::kNotFound; }

Result<void> Inode::Check(const Credentials& who, u32 permissions) const {
  if (who.user == 0) {
    // Root passes, but executes only what somebody may.
    if ((permissions & static_cast<u32>(Permission::kExecute)) == 0 || is_directory() || (mode & 0111) != 0) return {};
    return Error::kAccessDenied;
  }
  const u32 granted = who.user == user ? mode >> 6 : who.group == group ? mode >> 3 : mode;
  if ((permissions & ~granted & 7) != 0) return Error::kAccessDenied;
  return {};
}

void Inode::TouchModified() { modified = changed = CurrentTime(); }

void Inode::TouchAccessed() {
  constexpr FileTime kDay = FileTime{24 * 3600} * 1'000'000'000;
  const FileTime now = CurrentTime();
  // Programs set any time they like: one in the future is left alone, and none may overflow the difference.
  if (accessed > modified && accessed > changed && accessed > now - kDay) return;
  accessed = now;
}

Result<u64> Directory::Insert(std::string_view, Ref<Inode>) { return Error::kNotPermitted; }
Result<u64> Directory::Replace(std::string_view, Ref<Inode>) { return Error::kNotPermitted; }
Result<void> Directory::Remove(std::string_view) { return Error::kNotPermitted; }

}  // namespace caponier::fs
