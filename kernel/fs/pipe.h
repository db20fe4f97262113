// Pipes and FIFOs: one buffer of bytes between the open files that read it and those that write it.
#pragma once

#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/sched/wait_queue.h"
#include "lib/base/vector.h"

namespace caponier::fs {

inline constexpr u32 kPipeBytes = 64 * kKiB;       // a new pipe's capacity, as Linux's [pipe(7)]
inline constexpr u32 kPipeBytesMax = 1024 * kKiB;  // F_SETPIPE_SZ, /proc/sys/fs/pipe-max-size
inline constexpr u32 kPipeAtomicBytes = 4 * kKiB;  // PIPE_BUF: writes this short are never split

// The buffer is a ring that is allocated at the first write.
class PipeInode final : public Inode {
 public:
  PipeInode(FileSystem& file_system, u32 mode) : Inode(file_system, InodeType::kFifo, mode) {}
  Result<Ref<File>> Open(const OpenHow& how, Location where) override;

  u32 readers = 0, writers = 0;
  u32 readers_ever = 0, writers_ever = 0;
  sched::WaitQueue changed_ends;  // an opener of a FIFO waits here for the other end
  sched::WaitQueue readable, writable;

  u32 used() const { return used_; }
  u32 capacity() const { return capacity_; }
  u32 room() const { return capacity_ - used_; }
  Result<void> SetCapacity(u32 bytes);  // kBusy when what it holds would not fit
  // Up to `bytes` out of or into the ring; both stop early when the program's memory fails.
  Result<u64> Drain(mm::IoBuffer& to, u64 bytes);
  Result<u64> Feed(mm::IoBuffer& from, u64 bytes);
  // The last end is gone: what nobody read is lost [fifo(7)].
  void Forget();
  PipeInode* as_pipe() override { return this; }

 private:
  Vector<std::byte> ring_;
  u32 capacity_ = kPipeBytes, head_ = 0, used_ = 0;
};

class OpenPipe final : public File {
 public:
  OpenPipe(Ref<PipeInode> pipe, bool reads, bool writes);
  Result<u64> Read(mm::IoBuffer& to, u64 offset) override;
  Result<u64> Write(mm::IoBuffer& from, u64 offset) override;
  PollEvents Poll(PollRegistrar& registrar) override;
  Result<i64> Control(u32 request, u64 argument) override;

 protected:
  ~OpenPipe() override;

 private:
  Ref<PipeInode> pipe_;
  bool reads_, writes_;
};

struct PipeEnds {
  Ref<File> read, write;
};
// pipe2(2); `status_flags` are added to both ends'.
Result<PipeEnds> MakePipe(u32 status_flags);
// The pipe that an open file is an end of, or null.
PipeInode* PipeBehind(File& file);

}  // namespace caponier::fs
