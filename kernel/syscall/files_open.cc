// Descriptors: open(2) and its family, close(2), dup(2), fcntl(2), ioctl(2).
#include <algorithm>

#include "kernel/fs/file_systems.h"
#include "kernel/fs/pipe.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/memory_flags.h"
#include "lib/linux_abi/terminal_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

Result<i64> OpenFrom(Call& call, int directory, u64 path_address, u32 flags, u32 mode, const fs::WalkOptions& options = {}) {
  UserPath path;
  TRY(path.Read(path_address));
  Ref<fs::Directory> start = TRY(StartOf(call, directory, path.text()));
  const fs::OpenHow how = fs::ParseOpenFlags(flags, mode);
  fs::Context& context = Files(call);
  Ref<fs::File> file = TRY(fs::OpenAt(context, std::move(start), path.text(), how, options));
  return TRY(context.Install(std::move(file), how.close_on_exec));
}

}  // namespace

Result<i64> SysOpenat(Call& call) { return OpenFrom(call, call.Int(0), call[1], call.Unsigned(2), call.Unsigned(3)); }
#if defined(__x86_64__)
Result<i64> SysOpen(Call& call) { return OpenFrom(call, kAT_FDCWD, call[0], call.Unsigned(1), call.Unsigned(2)); }
Result<i64> SysCreat(Call& call) { return OpenFrom(call, kAT_FDCWD, call[0], kO_CREAT | kO_WRONLY | kO_TRUNC, call.Unsigned(1)); }
#endif

Result<i64> SysOpenat2(Call& call) {
  if (call[3] < sizeof(linux_abi::OpenHow)) return Error::kInvalidArgument;
  const auto how = TRY(mm::ReadUser<linux_abi::OpenHow>(call[2]));
  // A longer structure from a newer program is fine as long as what we do not know is zero.
  if (call[3] > kPageSize) return Error::kArgumentsTooLong;
  for (u64 at = sizeof(linux_abi::OpenHow); at < call[3]; at++) {
    if (TRY(mm::ReadUser<u8>(call[2] + at)) != 0) return Error::kArgumentsTooLong;
  }
  constexpr u32 kKnownFlags = kO_ACCMODE | kO_CREAT | kO_EXCL | kO_NOCTTY | kO_TRUNC | kO_APPEND | kO_NONBLOCK | kO_SYNC |
                              kFASYNC | native::kO_DIRECT | native::kO_LARGEFILE | native::kO_DIRECTORY | native::kO_NOFOLLOW |
                              kO_NOATIME | kO_CLOEXEC | kO_PATH | k__O_TMPFILE;
  constexpr u64 kKnownResolve =
      kRESOLVE_NO_XDEV | kRESOLVE_NO_MAGICLINKS | kRESOLVE_NO_SYMLINKS | kRESOLVE_BENEATH | kRESOLVE_IN_ROOT | kRESOLVE_CACHED;
  if ((how.flags & ~u64{kKnownFlags}) != 0 || (how.resolve & ~kKnownResolve) != 0) return Error::kInvalidArgument;
  const bool makes = (how.flags & (kO_CREAT | k__O_TMPFILE)) != 0;
  if (makes ? (how.mode & ~u64{07777}) != 0 : how.mode != 0) return Error::kInvalidArgument;
  if ((how.resolve & kRESOLVE_BENEATH) != 0 && (how.resolve & kRESOLVE_IN_ROOT) != 0) return Error::kInvalidArgument;
  const auto wants = [&how](u64 bit) { return (how.resolve & bit) != 0; };
  const fs::WalkOptions options{.no_links = wants(kRESOLVE_NO_SYMLINKS),
                                .no_magic_links = wants(kRESOLVE_NO_MAGICLINKS),
                                .beneath = wants(kRESOLVE_BENEATH),
                                .in_root = wants(kRESOLVE_IN_ROOT),
                                .no_crossing = wants(kRESOLVE_NO_XDEV)};
  return OpenFrom(call, call.Int(0), call[1], static_cast<u32>(how.flags), static_cast<u32>(how.mode), options);
}

Result<i64> SysClose(Call& call) {
  TRY(call.process().files->Close(call.Int(0)));
  return 0;
}

Result<i64> SysCloseRange(Call& call) {
  const u32 first = call.Unsigned(0), last = call.Unsigned(1), flags = call.Unsigned(2);
  if (first > last || (flags & ~(kCLOSE_RANGE_UNSHARE | kCLOSE_RANGE_CLOEXEC)) != 0) return Error::kInvalidArgument;
  fs::Context& context = *call.process().files;
  if ((flags & kCLOSE_RANGE_CLOEXEC) == 0) {
    context.CloseRange(first, last);
    return 0;
  }
  for (int fd = context.NextOpen(static_cast<int>(std::min<u32>(first, 0x7fffffff))); fd >= 0 && static_cast<u32>(fd) <= last;
       fd = context.NextOpen(fd + 1)) {
    TRY(context.SetCloseOnExec(fd, true));
  }
  return 0;
}

Result<i64> SysDup(Call& call) {
  fs::Context& context = Files(call);
  Ref<fs::File> file = TRY(context.Get(call.Int(0)));
  return TRY(context.Install(std::move(file), false));
}

#if defined(__x86_64__)
Result<i64> SysDup2(Call& call) {
  fs::Context& context = Files(call);
  Ref<fs::File> file = TRY(context.Get(call.Int(0)));
  if (call.Int(0) != call.Int(1)) TRY(context.InstallAt(call.Int(1), std::move(file), false));
  return call.Int(1);
}
#endif

Result<i64> SysDup3(Call& call) {
  if ((call.Unsigned(2) & ~kO_CLOEXEC) != 0 || call.Int(0) == call.Int(1)) return Error::kInvalidArgument;
  fs::Context& context = Files(call);
  Ref<fs::File> file = TRY(context.Get(call.Int(0)));
  TRY(context.InstallAt(call.Int(1), std::move(file), (call.Unsigned(2) & kO_CLOEXEC) != 0));
  return call.Int(1);
}

Result<i64> SysIoctl(Call& call) {
  fs::Context& context = *call.process().files;
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  switch (call.Unsigned(1)) {
    case kFIOCLEX: TRY(context.SetCloseOnExec(call.Int(0), true)); return 0;
    case kFIONCLEX: TRY(context.SetCloseOnExec(call.Int(0), false)); return 0;
    case kFIONBIO: {
      const bool on = TRY(mm::ReadUser<i32>(call[2])) != 0;
      file->set_status_flags((file->status_flags() & ~u32{kO_NONBLOCK}) | (on ? kO_NONBLOCK : 0));
      return 0;
    }
    default: return file->Control(call.Unsigned(1), call[2]);
  }
}

namespace {

Result<i64> PipeSize(fs::File& file, int command, u64 argument) {
  if (file.inode() == nullptr || file.inode()->type() != fs::InodeType::kFifo) return Error::kBadDescriptor;
  fs::PipeInode* pipe = fs::PipeBehind(file);
  if (pipe == nullptr) return fs::kPipeBytes;  // a standard stream: the host's pipe
  if (command == kF_SETPIPE_SZ) {
    u64 wanted = kPageSize;
    if (argument > fs::kPipeBytesMax) return Error::kNotPermitted;
    while (wanted < argument) wanted *= 2;
    TRY(pipe->SetCapacity(static_cast<u32>(wanted)));
  }
  return pipe->capacity();
}

Result<i64> Seals(Call& call, fs::File& file, int command, u64 argument) {
  fs::RegularFile* regular = file.inode() == nullptr ? nullptr : file.inode()->as_regular();
  if (regular == nullptr || !regular->sealable) return Error::kInvalidArgument;
  fs::RegularFile& node = *regular;
  if (command == kF_GET_SEALS) return node.seals;
  constexpr u64 kKnown = kF_SEAL_SEAL | kF_SEAL_SHRINK | kF_SEAL_GROW | kF_SEAL_WRITE | kF_SEAL_FUTURE_WRITE;
  if ((argument & ~kKnown) != 0) return Error::kInvalidArgument;
  if (!file.writable() || (node.seals & kF_SEAL_SEAL) != 0) return Error::kNotPermitted;
  if ((argument & kF_SEAL_WRITE) != 0 && !node.sealed_for_writing() && call.process().memory->MayWrite(&node))
    return Error::kBusy;
  node.seals |= static_cast<u32>(argument);
  return 0;
}

}  // namespace

Result<i64> SysFcntl(Call& call) {
  const int fd = call.Int(0), command = call.Int(1);
  const u64 argument = call[2];
  fs::Context& context = Files(call);
  const Ref<fs::File> file = TRY(context.Get(fd));
  switch (command) {
    case kF_DUPFD:
    case kF_DUPFD_CLOEXEC:
      if (argument >= context.descriptor_limit) return Error::kInvalidArgument;
      return TRY(context.Install(file, command == kF_DUPFD_CLOEXEC, static_cast<int>(argument)));
    case kF_GETFD: return TRY(context.close_on_exec(fd)) ? kFD_CLOEXEC : 0;
    case kF_SETFD: TRY(context.SetCloseOnExec(fd, (argument & kFD_CLOEXEC) != 0)); return 0;
    case kF_GETFL: return file->status_flags();
    default: break;
  }
  if (!file->usable()) return Error::kBadDescriptor;
  switch (command) {
    case kF_SETFL: {
      const u32 changeable = fs::ChangeableStatusFlags();
      file->set_status_flags((file->status_flags() & ~changeable) | (static_cast<u32>(argument) & changeable));
      return 0;
    }
    case kF_GETLK:
    case kF_SETLK:
    case kF_SETLKW:
    case kF_OFD_GETLK:
    case kF_OFD_SETLK:
    case kF_OFD_SETLKW: return RecordLock(call, *file, command, argument);
    case kF_GETPIPE_SZ:
    case kF_SETPIPE_SZ: return PipeSize(*file, command, argument);
    case kF_GET_SEALS:
    case kF_ADD_SEALS: return Seals(call, *file, command, argument);
    case kF_GETOWN:
    case kF_GETSIG: return 0;
    case kF_GETLEASE: return kF_UNLCK;
    default: return Error::kInvalidArgument;
  }
}

Result<i64> SysMemfdCreate(Call& call) {
  char name[250];  // Linux's limit: NAME_MAX less the prefix it shows
  auto text = mm::ReadUserString(name, call[0]);
  if (!text.ok()) return text.error() == Error::kNameTooLong ? Error::kInvalidArgument : text.error();
  const u32 flags = call.Unsigned(1);
  if ((flags & ~(kMFD_CLOEXEC | kMFD_ALLOW_SEALING)) != 0) return Error::kInvalidArgument;
  const fs::OpenHow how = fs::ParseOpenFlags(kO_RDWR, 0777);
  Ref<fs::File> file = TRY(fs::OpenUnnamed(fs::RootFileSystem(), how));
  fs::RegularFile& node = *file->inode()->as_regular();
  node.sealable = true;
  node.seals = (flags & kMFD_ALLOW_SEALING) == 0 ? kF_SEAL_SEAL : 0;
  return TRY(Files(call).Install(std::move(file), (flags & kMFD_CLOEXEC) != 0));
}

namespace {

Result<i64> Pipe(Call& call, u64 address, u32 flags) {
  if ((flags & ~(kO_CLOEXEC | kO_NONBLOCK | native::kO_DIRECT)) != 0) return Error::kInvalidArgument;
  if ((flags & native::kO_DIRECT) != 0) return Error::kInvalidArgument;  // packet mode is not kept
  fs::PipeEnds ends = TRY(fs::MakePipe(flags & kO_NONBLOCK));
  TRY(InstallBoth(call, address, std::move(ends.read), std::move(ends.write), (flags & kO_CLOEXEC) != 0));
  return 0;
}

}  // namespace

Result<i64> SysPipe2(Call& call) { return Pipe(call, call[0], call.Unsigned(1)); }
#if defined(__x86_64__)
Result<i64> SysPipe(Call& call) { return Pipe(call, call[0], 0); }
#endif

}  // namespace caponier::syscall
