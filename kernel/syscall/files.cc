#include "kernel/syscall/files.h"

#include <algorithm>

#include "kernel/fs/event_counter.h"
#include "kernel/sched/signal.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::syscall {

using namespace linux_abi;

fs::Context& Files(Call& call) {
  sched::Process& process = call.process();
  fs::Context& context = *process.files;
  context.credentials = {process.credentials.user.filesystem, process.credentials.group.filesystem};
  context.descriptor_limit = static_cast<u32>(std::min<u64>(process.limits.of[kRLIMIT_NOFILE].soft, fs::kDescriptorLimitHard));
  return context;
}

Result<Ref<fs::File>> UsableFile(Call& call, int descriptor) {
  auto file = call.process().files->Get(descriptor);
  if (file.ok() && !file.value()->usable()) return Error::kBadDescriptor;
  return file;
}

Result<void> UserPath::Read(u64 address) {
  auto text = mm::ReadUserString(short_, address);
  if (!text.ok() && text.error() == Error::kNameTooLong) {
    TRY(long_.Resize(fs::kPathMax));
    text = mm::ReadUserString(std::span(long_.data(), long_.size()), address);
  }
  text_ = TRY(std::move(text));
  return {};
}

Result<Ref<fs::Directory>> StartOf(Call& call, int directory, std::string_view path) {
  fs::Context& context = Files(call);
  if (path.starts_with('/')) return context.root;
  if (directory == kAT_FDCWD) return context.working;
  const Ref<fs::File> file = TRY(context.Get(directory));
  return fs::AsDirectory(*file);
}

Result<Named> FindNamed(Call& call, int directory, u64 path_address, u32 at_flags) {
  UserPath path;
  Named named;
  if ((at_flags & kAT_EMPTY_PATH) == 0 || path_address != 0) TRY(path.Read(path_address));
  if (path.empty()) {
    if ((at_flags & kAT_EMPTY_PATH) == 0) return Error::kNotFound;
    fs::Context& context = Files(call);
    if (directory == kAT_FDCWD) {
      named.inode = context.working;
      named.where = {context.working->parent, context.working->entry_in_parent, context.working};
      return named;
    }
    named.file = TRY(context.Get(directory));
    named.where = named.file->where();
    named.inode = named.where.inode;
    return named;
  }
  Ref<fs::Directory> start = TRY(StartOf(call, directory, path.text()));
  named.where =
      TRY(fs::Resolve(Files(call), std::move(start), path.text(), {.follow_last = (at_flags & kAT_SYMLINK_NOFOLLOW) == 0}));
  named.inode = named.where.inode;
  return named;
}

Result<void> WalkTo(Call& call, fs::Walk& walk, UserPath& path, int directory, u64 path_address) {
  TRY(path.Read(path_address));
  Ref<fs::Directory> start = TRY(StartOf(call, directory, path.text()));
  return walk.Run(std::move(start), path.text(), {.for_change = true});
}

Result<mm::IoBuffer> UserBuffer(u64 address, u64 bytes) {
  if (static_cast<i64>(bytes) < 0) return Error::kInvalidArgument;
  if (!mm::IsUserRange(address, bytes)) return Error::kBadAddress;
  return mm::IoBuffer::User(address, std::min(bytes, kTransferMax));
}

Result<mm::IoBuffer> UserVector::Read(u64 address, u64 count) {
  if (count > kIovMax) return Error::kInvalidArgument;
  static_assert(sizeof(mm::IoBuffer::Piece) == sizeof(Iovec));
  std::span<mm::IoBuffer::Piece> pieces(few_, std::min<u64>(count, kFew));
  if (count > kFew) {
    TRY(many_.Resize(count));
    pieces = many_;
  }
  TRY(mm::CopyFromUser(std::as_writable_bytes(pieces), address));
  u64 total = 0;
  for (auto& piece : pieces) {
    if (static_cast<i64>(piece.bytes) < 0) return Error::kInvalidArgument;
    if (!mm::IsUserRange(piece.address, piece.bytes)) return Error::kBadAddress;
    piece.bytes = std::min(piece.bytes, kTransferMax - total);
    total += piece.bytes;
  }
  return mm::IoBuffer::UserPieces(pieces);
}

Result<i64> InstallAnonymous(Call& call, Ref<fs::File> file, u32 status_flags, bool close_on_exec) {
  fs::Location where;
  where.inode = TRY(fs::AnonymousInode());
  file->set_where(std::move(where));
  file->set_status_flags(status_flags);
  return TRY(Files(call).Install(std::move(file), close_on_exec));
}

Result<void> InstallBoth(Call& call, u64 address, Ref<fs::File> first, Ref<fs::File> second, bool close_on_exec) {
  fs::Context& context = Files(call);
  i32 descriptors[2];
  descriptors[0] = TRY(context.Install(std::move(first), close_on_exec));
  const auto other = context.Install(std::move(second), close_on_exec);
  if (!other.ok()) {
    (void)context.Close(descriptors[0]);
    return other.error();
  }
  descriptors[1] = other.value();
  if (auto told = mm::WriteUser(address, descriptors); !told.ok()) {
    (void)context.Close(descriptors[0]);
    (void)context.Close(descriptors[1]);
    return told.error();
  }
  return {};
}

Result<i64> ReadInto(Call& call, fs::File& file, mm::IoBuffer& to, u64 offset) {
  call.restartable = true;
  return static_cast<i64>(TRY(file.Read(to, offset)));
}

Result<void> WithinFileLimit(Call& call, u64 size) {
  if (size <= call.process().limits.of[kRLIMIT_FSIZE].soft) return {};
  sched::RaiseOnSelf(kSIGXFSZ);
  return Error::kFileTooLarge;
}

namespace {

// What would go past RLIMIT_FSIZE is cut off; what would begin there is refused.
Result<void> CutToFileLimit(Call& call, const fs::File& file, mm::IoBuffer& from, u64 offset) {
  const u64 limit = call.process().limits.of[kRLIMIT_FSIZE].soft;
  if (limit == kRLIM64_INFINITY || from.remaining() == 0) return {};
  if (file.inode() == nullptr || file.inode()->as_regular() == nullptr) return {};
  const u64 at = file.appending() ? file.inode()->size() : offset == fs::File::kStream ? file.position : offset;
  TRY(WithinFileLimit(call, at + 1));
  from.LimitTo(limit - at);
  return {};
}

}  // namespace

Result<i64> WriteFrom(Call& call, fs::File& file, mm::IoBuffer& from, u64 offset) {
  call.restartable = true;
  TRY(CutToFileLimit(call, file, from, offset));
  const auto done = file.Write(from, offset);
  if (done.ok()) return static_cast<i64>(done.value());
  if (done.error() == Error::kBrokenPipe) sched::RaiseOnSelf(kSIGPIPE);
  return done.error();
}

}  // namespace caponier::syscall
