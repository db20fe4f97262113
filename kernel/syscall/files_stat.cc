// Looking: stat(2) and its family, statx(2), access(2), statfs(2), readlink(2), getdents(2).
#include <algorithm>

#include "kernel/fs/file_systems.h"
#include "kernel/mm/frames.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/arch_types.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

constexpr i64 kSecond = 1'000'000'000;

u32 ModeOf(const fs::Attributes& of) { return static_cast<u32>(of.type) << 12 | of.mode; }

// Rounds towards the past, so that the nanoseconds are never negative.
Timespec ToTimespec(fs::FileTime time) {
  i64 seconds = time / kSecond, rest = time % kSecond;
  if (rest < 0) seconds--, rest += kSecond;
  return {seconds, rest};
}
StatxTimestamp ToStatxTimestamp(fs::FileTime time) {
  const Timespec split = ToTimespec(time);
  return {.sec = split.sec, .nsec = static_cast<u32>(split.nsec)};
}

Result<i64> GiveStat(const fs::Attributes& of, u64 address) {
  native::Stat out;
  out.dev = of.device;
  out.ino = of.number;
  out.nlink = of.links;
  out.mode = ModeOf(of);
  out.uid = of.user;
  out.gid = of.group;
  out.rdev = of.special;
  out.size = static_cast<i64>(of.size);
  out.blksize = kPageSize;
  out.blocks = static_cast<i64>(of.blocks);
  out.atime = ToTimespec(of.accessed);
  out.mtime = ToTimespec(of.modified);
  out.ctime = ToTimespec(of.changed);
  TRY(mm::WriteUser(address, out));
  return 0;
}

Result<fs::Attributes> AttributesOf(const Named& named) {
  fs::Attributes attributes;
  if (named.file) {
    TRY(named.file->Stat(attributes));
  } else {
    attributes = named.inode->attributes();
  }
  return attributes;
}

Result<i64> StatPath(Call& call, int directory, u64 path, u32 flags, u64 out) {
  const Named named = TRY(FindNamed(call, directory, path, flags));
  const fs::Attributes attributes = TRY(AttributesOf(named));
  return GiveStat(attributes, out);
}

}  // namespace

Result<i64> SysFstat(Call& call) {
  const Ref<fs::File> file = TRY(call.process().files->Get(call.Int(0)));
  fs::Attributes attributes;
  TRY(file->Stat(attributes));
  return GiveStat(attributes, call[1]);
}

Result<i64> SysNewfstatat(Call& call) {
  if ((call.Unsigned(3) & ~(kAT_SYMLINK_NOFOLLOW | kAT_NO_AUTOMOUNT | kAT_EMPTY_PATH)) != 0) return Error::kInvalidArgument;
  return StatPath(call, call.Int(0), call[1], call.Unsigned(3), call[2]);
}
#if defined(__x86_64__)
Result<i64> SysStat(Call& call) { return StatPath(call, kAT_FDCWD, call[0], 0, call[1]); }
Result<i64> SysLstat(Call& call) { return StatPath(call, kAT_FDCWD, call[0], kAT_SYMLINK_NOFOLLOW, call[1]); }
#endif

Result<i64> SysStatx(Call& call) {
  constexpr u32 kKnown = kAT_SYMLINK_NOFOLLOW | kAT_NO_AUTOMOUNT | kAT_EMPTY_PATH | kAT_STATX_FORCE_SYNC | kAT_STATX_DONT_SYNC;
  const u32 flags = call.Unsigned(2), mask = call.Unsigned(3);
  if ((flags & ~kKnown) != 0 || (mask & 0x80000000u) != 0) return Error::kInvalidArgument;
  if ((flags & kAT_STATX_FORCE_SYNC) != 0 && (flags & kAT_STATX_DONT_SYNC) != 0) return Error::kInvalidArgument;
  const Named named = TRY(FindNamed(call, call.Int(0), call[1], flags));
  const fs::Attributes of = TRY(AttributesOf(named));
  Statx out;
  out.mask = kSTATX_BASIC_STATS | kSTATX_BTIME;
  out.blksize = kPageSize;
  out.nlink = of.links;
  out.uid = of.user;
  out.gid = of.group;
  out.mode = static_cast<u16>(ModeOf(of));
  out.ino = of.number;
  out.size = of.size;
  out.blocks = of.blocks;
  out.atime = ToStatxTimestamp(of.accessed);
  out.btime = ToStatxTimestamp(of.born);
  out.ctime = ToStatxTimestamp(of.changed);
  out.mtime = ToStatxTimestamp(of.modified);
  out.rdev_major = DeviceMajor(of.special);
  out.rdev_minor = DeviceMinor(of.special);
  out.dev_major = DeviceMajor(of.device);
  out.dev_minor = DeviceMinor(of.device);
  TRY(mm::WriteUser(call[4], out));
  return 0;
}

namespace {

Result<i64> Access(Call& call, int directory, u64 path, u32 mode, u32 flags) {
  if ((mode & ~u32{kR_OK | kW_OK | kX_OK}) != 0) return Error::kInvalidArgument;
  if ((flags & ~u32{kAT_EACCESS | kAT_SYMLINK_NOFOLLOW | kAT_EMPTY_PATH}) != 0) return Error::kInvalidArgument;
  fs::Context& context = Files(call);
  const Named named = TRY(FindNamed(call, directory, path, flags));
  if (!named.inode) return 0;
  fs::Credentials who = context.credentials;
  if ((flags & kAT_EACCESS) == 0) {
    const sched::Credentials& real = call.process().credentials;
    who = {real.user.real, real.group.real};
  }
  TRY(named.inode->Check(who, mode));
  return 0;
}

}  // namespace

Result<i64> SysFaccessat(Call& call) { return Access(call, call.Int(0), call[1], call.Unsigned(2), 0); }
Result<i64> SysFaccessat2(Call& call) { return Access(call, call.Int(0), call[1], call.Unsigned(2), call.Unsigned(3)); }
#if defined(__x86_64__)
Result<i64> SysAccess(Call& call) { return Access(call, kAT_FDCWD, call[0], call.Unsigned(1), 0); }
#endif

namespace {

Result<i64> GiveStatfs(const fs::FileSystem& of, u64 address) {
  Statfs out;
  out.type = static_cast<i64>(of.magic);
  out.bsize = out.frsize = kPageSize;
  if (!of.fixed) {
    out.blocks = mm::TotalFrames();
    out.bfree = out.bavail = mm::FreeFrames();
    // An inode takes a few hundred bytes: memory bounds their number too.
    out.files = out.blocks * 8;
    out.ffree = out.bfree * 8;
  }
  out.fsid[0] = static_cast<i32>(of.device);
  out.namelen = kNameMax;
  constexpr i64 kValid = 0x20;  // ST_VALID
  out.flags = kValid;
  TRY(mm::WriteUser(address, out));
  return 0;
}

}  // namespace

Result<i64> SysStatfs(Call& call) {
  const Named named = TRY(FindNamed(call, kAT_FDCWD, call[0], 0));
  return GiveStatfs(named.inode->file_system(), call[1]);
}

Result<i64> SysFstatfs(Call& call) {
  const Ref<fs::File> file = TRY(call.process().files->Get(call.Int(0)));
  return GiveStatfs(file->inode() == nullptr ? fs::AnonymousFileSystem() : file->inode()->file_system(), call[1]);
}

namespace {

Result<i64> ReadLinkAt(Call& call, int directory, u64 path_address, u64 out, i64 size) {
  if (size <= 0) return Error::kInvalidArgument;
  UserPath path;
  TRY(path.Read(path_address));
  fs::Location where;
  if (path.empty()) {
    // An O_PATH descriptor of the link itself.
    if (directory == kAT_FDCWD) return Error::kNotFound;
    const Ref<fs::File> file = TRY(Files(call).Get(directory));
    where = file->where();
    if (!where.inode || where.inode->type() != fs::InodeType::kSymlink) return Error::kNotFound;
  } else {
    Ref<fs::Directory> start = TRY(StartOf(call, directory, path.text()));
    where = TRY(fs::Resolve(Files(call), std::move(start), path.text(), {.follow_last = false}));
  }
  if (where.inode->type() != fs::InodeType::kSymlink) return Error::kInvalidArgument;
  const String text = TRY(where.inode->ReadLink());
  const std::string_view given = text.view().substr(0, static_cast<u64>(size));
  TRY(mm::CopyToUser(out, AsBytes(given)));
  return static_cast<i64>(given.size());
}

}  // namespace

Result<i64> SysReadlinkat(Call& call) { return ReadLinkAt(call, call.Int(0), call[1], call[2], call.Int(3)); }
#if defined(__x86_64__)
Result<i64> SysReadlink(Call& call) { return ReadLinkAt(call, kAT_FDCWD, call[0], call[1], call.Int(2)); }
#endif

namespace {

// Writes directory records to the program, one by one, until its buffer is full.
class RecordWriter final : public fs::EntryVisitor {
 public:
  RecordWriter(u64 address, u64 bytes, bool old) : address_(address), left_(bytes), old_(old) {}
  bool Visit(std::string_view name, u64 number, fs::InodeType type, u64 cookie) override {
    // getdents64: ino, off, reclen, type, name, NUL; the old call has the type in the record's last byte instead.
    const u64 head = old_ ? 18 : Dirent64::kNameOffset;
    const u64 length = AlignUp(head + name.size() + 1 + (old_ ? 1 : 0), 8);
    if (length > left_) {
      if (written_ == 0) error_ = Error::kInvalidArgument;
      return false;
    }
    std::byte record[AlignUp(Dirent64::kNameOffset + kNameMax + 2, 8)] = {};
    const u64 next = cookie + 1;
    const u16 short_length = static_cast<u16>(length);
    __builtin_memcpy(record, &number, 8);
    __builtin_memcpy(record + 8, &next, 8);
    __builtin_memcpy(record + 16, &short_length, 2);
    record[old_ ? length - 1 : 18] = static_cast<std::byte>(type);
    __builtin_memcpy(record + head, name.data(), name.size());
    if (!mm::CopyToUser(address_ + written_, Bytes(record, length)).ok()) {
      if (written_ == 0) error_ = Error::kBadAddress;
      return false;
    }
    written_ += length;
    left_ -= length;
    return true;
  }
  Result<i64> Outcome() const {
    if (error_ != Error{}) return error_;
    return static_cast<i64>(written_);
  }

 private:
  u64 address_, left_, written_ = 0;
  bool old_;
  Error error_{};
};

Result<i64> ListDirectory(Call& call, bool old) {
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (file->inode() == nullptr || !file->inode()->is_directory()) return Error::kNotDirectory;
  auto& directory = static_cast<fs::OpenDirectory&>(*file);
  if (directory.node().removed) return Error::kNotFound;
  RecordWriter writer(call[1], call.Unsigned(2), old);
  TRY(directory.List(writer));
  return writer.Outcome();
}

}  // namespace

Result<i64> SysGetdents64(Call& call) { return ListDirectory(call, false); }
#if defined(__x86_64__)
Result<i64> SysGetdents(Call& call) { return ListDirectory(call, true); }
#endif

}  // namespace caponier::syscall
