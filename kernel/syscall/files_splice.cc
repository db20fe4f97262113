// Bytes through pipes without the program's memory: splice(2), tee(2); and vmsplice(2), which here copies like any write or read.
//
// What a pipe holds goes only when the other side has it. A standard stream that looks like a pipe counts as one.
#include <algorithm>

#include "kernel/fs/pipe.h"
#include "kernel/sched/signal.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/ipc_flags.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

constexpr u32 kAllFlags = kSPLICE_F_MOVE | kSPLICE_F_NONBLOCK | kSPLICE_F_MORE | kSPLICE_F_GIFT;
constexpr u64 kBufferBytes = 16 * kKiB;

bool IsPipe(const fs::File& file) { return file.inode() != nullptr && file.inode()->type() == fs::InodeType::kFifo; }

// Linux splices what has bytes of its own, not the likes of an eventfd.
bool HasBytes(fs::File& file) {
  const fs::Inode* inode = file.inode();
  if (inode == nullptr || inode->is_directory()) return false;
  return IsPipe(file) || file.seekable() || file.as_socket() != nullptr || inode->type() == fs::InodeType::kCharacter;
}

// Waits until the pipe holds something; false at its end, when nobody writes any more.
Result<bool> AwaitBytes(Call& call, fs::PipeInode& pipe, bool wait) {
  while (pipe.used() == 0) {
    if (pipe.writers == 0) return false;
    if (!wait) return Error::kWouldBlock;
    call.restartable = true;
    TRY(sched::WaitOn(pipe.readable, sched::kForever, sched::Interruptible::kYes));
  }
  return true;
}

// Waits until there is room for something.
Result<void> AwaitRoom(Call& call, fs::PipeInode& pipe, bool wait) {
  for (;;) {
    if (pipe.readers == 0) {
      sched::RaiseOnSelf(kSIGPIPE);
      return Error::kBrokenPipe;
    }
    if (pipe.room() != 0) return {};
    if (!wait) return Error::kWouldBlock;
    call.restartable = true;
    TRY(sched::WaitOn(pipe.writable, sched::kForever, sched::Interruptible::kYes));
  }
}

// Moves what one pipe holds to another that has room, or copies it there and leaves it.
Result<i64> BetweenPipes(Call& call, fs::PipeInode& in, fs::PipeInode& out, u64 bytes, bool wait, bool keep) {
  do {
    if (!TRY(AwaitBytes(call, in, wait))) return 0;
    TRY(AwaitRoom(call, out, wait));
  } while (in.used() == 0);  // another thread's now
  const u64 count = std::min({bytes, u64{in.used()}, u64{out.room()}});
  Vector<std::byte> buffer;
  TRY(buffer.Resize(count));
  mm::IoBuffer to = mm::IoBuffer::Kernel(MutableBytes(buffer.data(), count));
  TRY(in.Peek(to, count));
  mm::IoBuffer from = mm::IoBuffer::Kernel(Bytes(buffer.data(), count));
  const u64 fed = TRY(out.Feed(from, count));
  out.readable.WakeAll();
  if (!keep) {
    in.Skip(fed);
    in.writable.WakeAll();
  }
  return static_cast<i64>(fed);
}

// The other side of a pipe: a file, and where in it.
struct Side {
  fs::File& file;
  u64* offset;  // kStream or advances
};

Result<i64> FromPipe(Call& call, fs::PipeInode& in, const Side& out, u64 bytes, bool wait) {
  if (!TRY(AwaitBytes(call, in, wait))) return 0;
  Vector<std::byte> buffer;
  TRY(buffer.Resize(std::min({bytes, u64{in.used()}, kBufferBytes})));
  i64 done = 0;
  while (bytes != 0 && in.used() != 0) {
    const u64 count = std::min({bytes, u64{in.used()}, buffer.size()});
    mm::IoBuffer to = mm::IoBuffer::Kernel(MutableBytes(buffer.data(), count));
    TRY(in.Peek(to, count));
    mm::IoBuffer from = mm::IoBuffer::Kernel(Bytes(buffer.data(), count));
    const auto written = WriteFrom(call, out.file, from, *out.offset);
    if (!written.ok()) {
      if (done != 0) break;
      return written.error();
    }
    const u64 put = static_cast<u64>(written.value());
    in.Skip(put);
    in.writable.WakeAll();
    if (*out.offset != fs::File::kStream) *out.offset += put;
    done += written.value();
    bytes -= put;
    if (put != count) break;
  }
  return done;
}

// What comes from elsewhere goes into `out` in one piece that finds room there.
Result<i64> FromFile(Call& call, const Side& in, fs::File& out, u64 bytes, bool wait) {
  u64 count = std::min(bytes, u64{fs::kPipeBytes});
  if (fs::PipeInode* pipe = fs::PipeBehind(out)) {
    TRY(AwaitRoom(call, *pipe, wait));
    count = std::min(count, u64{pipe->room()});
  }
  Vector<std::byte> buffer;
  TRY(buffer.Resize(count));
  mm::IoBuffer to = mm::IoBuffer::Kernel(MutableBytes(buffer.data(), count));
  const u64 got = static_cast<u64>(TRY(ReadInto(call, in.file, to, *in.offset)));
  if (got == 0) return 0;
  mm::IoBuffer from = mm::IoBuffer::Kernel(Bytes(buffer.data(), got));
  const i64 put = TRY(WriteFrom(call, out, from, fs::File::kStream));
  const u64 over = got - static_cast<u64>(put);
  if (*in.offset != fs::File::kStream) {
    *in.offset += static_cast<u64>(put);
  } else if (in.file.seekable()) {
    in.file.position -= over;
  }
  return put;
}

Result<u64> OffsetOf(u64 address, const fs::File& file) {
  if (address == 0) return fs::File::kStream;
  const i64 offset = TRY(mm::ReadUser<i64>(address));
  if (!file.seekable() || offset < 0) return Error::kInvalidArgument;
  return static_cast<u64>(offset);
}

}  // namespace

Result<i64> SysSplice(Call& call) {
  const u64 bytes = std::min(call[4], kTransferMax);
  if (bytes == 0) return 0;
  if ((call.Unsigned(5) & ~kAllFlags) != 0) return Error::kInvalidArgument;
  const Ref<fs::File> in = TRY(UsableFile(call, call.Int(0)));
  const Ref<fs::File> out = TRY(UsableFile(call, call.Int(2)));
  const bool from_pipe = IsPipe(*in), to_pipe = IsPipe(*out);
  if ((from_pipe && call[1] != 0) || (to_pipe && call[3] != 0)) return Error::kNotSeekable;
  u64 in_offset = fs::File::kStream, out_offset = fs::File::kStream;
  if (!from_pipe) in_offset = TRY(OffsetOf(call[1], *in));
  if (!to_pipe) out_offset = TRY(OffsetOf(call[3], *out));
  if (!in->readable() || !out->writable()) return Error::kBadDescriptor;
  if (!from_pipe && !to_pipe) return Error::kInvalidArgument;
  if (!to_pipe && out->appending()) return Error::kInvalidArgument;
  if (!HasBytes(*in) || !HasBytes(*out)) return Error::kInvalidArgument;
  const bool wait =
      (call.Unsigned(5) & kSPLICE_F_NONBLOCK) == 0 && !(from_pipe && in->nonblocking()) && !(to_pipe && out->nonblocking());
  fs::PipeInode* const source = fs::PipeBehind(*in);
  fs::PipeInode* const target = fs::PipeBehind(*out);
  i64 moved;
  if (source != nullptr && target != nullptr) {
    if (source == target) return Error::kInvalidArgument;
    moved = TRY(BetweenPipes(call, *source, *target, bytes, wait, false));
  } else if (source != nullptr) {
    moved = TRY(FromPipe(call, *source, {*out, &out_offset}, bytes, wait));
  } else {
    moved = TRY(FromFile(call, {*in, &in_offset}, *out, bytes, wait));
  }
  if (call[1] != 0) TRY(mm::WriteUser(call[1], in_offset));
  if (call[3] != 0) TRY(mm::WriteUser(call[3], out_offset));
  return moved;
}

Result<i64> SysTee(Call& call) {
  if ((call.Unsigned(3) & ~kAllFlags) != 0) return Error::kInvalidArgument;
  if (call[2] == 0) return 0;
  const Ref<fs::File> in = TRY(UsableFile(call, call.Int(0)));
  const Ref<fs::File> out = TRY(UsableFile(call, call.Int(1)));
  if (!in->readable() || !out->writable()) return Error::kBadDescriptor;
  fs::PipeInode* const source = fs::PipeBehind(*in);
  fs::PipeInode* const target = fs::PipeBehind(*out);
  if (source == nullptr || target == nullptr || source == target) return Error::kInvalidArgument;
  const bool wait = (call.Unsigned(3) & kSPLICE_F_NONBLOCK) == 0 && !in->nonblocking() && !out->nonblocking();
  return BetweenPipes(call, *source, *target, std::min(call[2], kTransferMax), wait, true);
}

Result<i64> SysVmsplice(Call& call) {
  const u32 flags = call.Unsigned(3);
  if ((flags & ~kAllFlags) != 0) return Error::kInvalidArgument;
  const Ref<fs::File> file = TRY(UsableFile(call, call.Int(0)));
  if (!file->writable() && !file->readable()) return Error::kBadDescriptor;
  UserVector vector;
  mm::IoBuffer memory = TRY(vector.Read(call[1], call[2]));
  if (memory.remaining() == 0) return 0;
  if (!IsPipe(*file)) return Error::kBadDescriptor;
  fs::PipeInode* const pipe = fs::PipeBehind(*file);
  const bool wait = (flags & kSPLICE_F_NONBLOCK) == 0;
  if (!file->writable()) {
    if (pipe != nullptr && !TRY(AwaitBytes(call, *pipe, wait))) return 0;
    return ReadInto(call, *file, memory, fs::File::kStream);
  }
  if (pipe == nullptr) return WriteFrom(call, *file, memory, fs::File::kStream);
  TRY(AwaitRoom(call, *pipe, wait));
  const u64 fed = TRY(pipe->Feed(memory, memory.remaining()));
  pipe->readable.WakeAll();
  return static_cast<i64>(fed);
}

}  // namespace caponier::syscall
