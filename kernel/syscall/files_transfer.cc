// Moving bytes: read(2), write(2) and their families, lseek(2), sendfile(2), copy_file_range(2).
#include <algorithm>

#include "kernel/syscall/files.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

Result<Ref<fs::File>> ReadableFile(Call& call, int descriptor) {
  Ref<fs::File> file = TRY(UsableFile(call, descriptor));
  if (!file->readable()) return Error::kBadDescriptor;
  return file;
}
Result<Ref<fs::File>> WritableFile(Call& call, int descriptor) {
  Ref<fs::File> file = TRY(UsableFile(call, descriptor));
  if (!file->writable()) return Error::kBadDescriptor;
  return file;
}

// The file for a transfer at an offset. Linux asks in this order.
enum class Direction : u8 { kRead, kWrite };
Result<Ref<fs::File>> FileAt(Call& call, u64 offset, Direction direction) {
  if (static_cast<i64>(offset) < 0) return Error::kInvalidArgument;
  Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (!file->seekable()) return Error::kNotSeekable;
  if (direction == Direction::kRead ? !file->readable() : !file->writable()) return Error::kBadDescriptor;
  return file;
}

constexpr u32 kKnownReadFlags = kRWF_HIPRI | kRWF_DSYNC | kRWF_SYNC | kRWF_NOWAIT | kRWF_APPEND;

}  // namespace

Result<i64> SysRead(Call& call) {
  const Ref<fs::File> file = TRY(ReadableFile(call, call.Int(0)));
  mm::IoBuffer to = TRY(UserBuffer(call[1], call[2]));
  return ReadInto(call, *file, to, fs::File::kStream);
}

Result<i64> SysWrite(Call& call) {
  const Ref<fs::File> file = TRY(WritableFile(call, call.Int(0)));
  mm::IoBuffer from = TRY(UserBuffer(call[1], call[2]));
  return WriteFrom(call, *file, from, fs::File::kStream);
}

Result<i64> SysPread64(Call& call) {
  const Ref<fs::File> file = TRY(FileAt(call, call[3], Direction::kRead));
  mm::IoBuffer to = TRY(UserBuffer(call[1], call[2]));
  return ReadInto(call, *file, to, call[3]);
}

Result<i64> SysPwrite64(Call& call) {
  const Ref<fs::File> file = TRY(FileAt(call, call[3], Direction::kWrite));
  mm::IoBuffer from = TRY(UserBuffer(call[1], call[2]));
  return WriteFrom(call, *file, from, call[3]);
}

Result<i64> SysReadv(Call& call) {
  const Ref<fs::File> file = TRY(ReadableFile(call, call.Int(0)));
  UserVector vector;
  mm::IoBuffer to = TRY(vector.Read(call[1], call[2]));
  if (to.remaining() == 0) return 0;
  return ReadInto(call, *file, to, fs::File::kStream);
}

Result<i64> SysWritev(Call& call) {
  const Ref<fs::File> file = TRY(WritableFile(call, call.Int(0)));
  UserVector vector;
  mm::IoBuffer from = TRY(vector.Read(call[1], call[2]));
  if (from.remaining() == 0) return 0;
  return WriteFrom(call, *file, from, fs::File::kStream);
}

Result<i64> SysPreadv(Call& call) {
  const Ref<fs::File> file = TRY(FileAt(call, call[3], Direction::kRead));
  UserVector vector;
  mm::IoBuffer to = TRY(vector.Read(call[1], call[2]));
  if (to.remaining() == 0) return 0;
  return ReadInto(call, *file, to, call[3]);
}

Result<i64> SysPwritev(Call& call) {
  const Ref<fs::File> file = TRY(FileAt(call, call[3], Direction::kWrite));
  UserVector vector;
  mm::IoBuffer from = TRY(vector.Read(call[1], call[2]));
  if (from.remaining() == 0) return 0;
  return WriteFrom(call, *file, from, call[3]);
}

// Offset -1 stands for the file's own position.
Result<i64> SysPreadv2(Call& call) {
  if ((call.Unsigned(5) & ~kKnownReadFlags) != 0) return Error::kNotSupported;
  return call[3] == ~u64{0} ? SysReadv(call) : SysPreadv(call);
}

Result<i64> SysPwritev2(Call& call) {
  if ((call.Unsigned(5) & ~kKnownReadFlags) != 0) return Error::kNotSupported;
  if ((call.Unsigned(5) & kRWF_APPEND) != 0) {
    const Ref<fs::File> file = TRY(WritableFile(call, call.Int(0)));
    if (!file->seekable() || file->inode() == nullptr) return Error::kNotSeekable;
    UserVector vector;
    mm::IoBuffer from = TRY(vector.Read(call[1], call[2]));
    if (from.remaining() == 0) return 0;
    const u64 end = file->inode()->size();
    const i64 done = TRY(WriteFrom(call, *file, from, end));
    if (call[3] == ~u64{0}) file->position = end + static_cast<u64>(done);
    return done;
  }
  return call[3] == ~u64{0} ? SysWritev(call) : SysPwritev(call);
}

Result<i64> SysLseek(Call& call) {
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (call.Int(2) < kSEEK_SET || call.Int(2) > kSEEK_HOLE) return Error::kInvalidArgument;
  return static_cast<i64>(TRY(file->Seek(static_cast<i64>(call[1]), call.Int(2))));
}

namespace {

// A copy inside the kernel cannot be interrupted, so one call moves at most this; programs go on from a short count.
constexpr u64 kCopyMost = 16 * kMiB;

// Moves up to `bytes` from one file to another through a buffer of the kernel's, until either side gives or takes less than it
// could. The offsets are kStream or advance.
Result<u64> CopyBetween(Call& call, fs::File& in, u64* in_offset, fs::File& out, u64* out_offset, u64 bytes) {
  bytes = std::min(bytes, kCopyMost);
  Vector<std::byte> buffer;
  TRY(buffer.Resize(std::min<u64>(bytes, 16 * kKiB)));
  u64 done = 0;
  while (done < bytes) {
    const MutableBytes room(buffer.data(), std::min<u64>(buffer.size(), bytes - done));
    mm::IoBuffer to = mm::IoBuffer::Kernel(room);
    const auto got = in.Read(to, *in_offset);
    if (!got.ok()) {
      if (done != 0) break;
      return got.error();
    }
    if (got.value() == 0) break;
    mm::IoBuffer from = mm::IoBuffer::Kernel(Bytes(room.first(got.value())));
    const auto written = WriteFrom(call, out, from, *out_offset);
    const u64 put = written.ok() ? static_cast<u64>(written.value()) : 0;
    if (*out_offset != fs::File::kStream) *out_offset += put;
    // What was read and found no taker is given back.
    if (*in_offset != fs::File::kStream) {
      *in_offset += put;
    } else if (put != got.value()) {
      in.position -= got.value() - put;
    }
    done += put;
    if (!written.ok() && done == 0) return written.error();
    if (put != got.value()) break;
  }
  return done;
}

bool IsRegular(fs::File& file) { return file.inode() != nullptr && file.inode()->type() == fs::InodeType::kRegular; }

// The offset that a call may take from and give back to the program.
Result<u64> OffsetFrom(u64 address) {
  if (address == 0) return fs::File::kStream;
  const i64 offset = TRY(mm::ReadUser<i64>(address));
  if (offset < 0) return Error::kInvalidArgument;
  return static_cast<u64>(offset);
}
Result<void> OffsetTo(u64 address, u64 offset) {
  if (address == 0) return {};
  return mm::WriteUser(address, offset);
}

}  // namespace

Result<i64> SysSendfile(Call& call) {
  const Ref<fs::File> in = TRY(ReadableFile(call, call.Int(1)));
  const Ref<fs::File> out = TRY(WritableFile(call, call.Int(0)));
  u64 in_offset = TRY(OffsetFrom(call[2])), out_offset = fs::File::kStream;
  if (!in->seekable() || (in->inode() != nullptr && in->inode()->is_directory())) return Error::kInvalidArgument;
  if (out->appending()) return Error::kInvalidArgument;
  if (static_cast<i64>(call[3]) < 0) return Error::kInvalidArgument;
  if (call[3] == 0) return 0;
  const u64 done = TRY(CopyBetween(call, *in, &in_offset, *out, &out_offset, std::min(call[3], kTransferMax)));
  TRY(OffsetTo(call[2], in_offset));
  return static_cast<i64>(done);
}

Result<i64> SysCopyFileRange(Call& call) {
  if (call.Unsigned(5) != 0) return Error::kInvalidArgument;
  const Ref<fs::File> in = TRY(UsableFile(call, call.Int(0)));
  const Ref<fs::File> out = TRY(UsableFile(call, call.Int(2)));
  u64 in_offset = TRY(OffsetFrom(call[1])), out_offset = TRY(OffsetFrom(call[3]));
  for (fs::File* file : {in.get(), out.get()}) {
    if (file->inode() != nullptr && file->inode()->is_directory()) return Error::kIsDirectory;
  }
  if (!IsRegular(*in) || !IsRegular(*out)) return Error::kInvalidArgument;
  if (!in->readable() || !out->writable() || out->appending()) return Error::kBadDescriptor;
  // What the source holds now bounds the copy: a file copied onto its own end would never end.
  const u64 from_position = call[1] == 0 ? in->position : in_offset, size = in->inode()->size();
  const u64 bytes = std::min({call[4], kTransferMax, size > from_position ? size - from_position : 0});
  if (in->inode() == out->inode()) {
    const u64 from = from_position, to = call[3] == 0 ? out->position : out_offset;
    if (from < to + bytes && to < from + bytes) return Error::kInvalidArgument;
  }
  if (bytes == 0) return 0;
  const u64 done = TRY(CopyBetween(call, *in, &in_offset, *out, &out_offset, bytes));
  TRY(OffsetTo(call[1], in_offset));
  TRY(OffsetTo(call[3], out_offset));
  return static_cast<i64>(done);
}

}  // namespace caponier::syscall
