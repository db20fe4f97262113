// Pipes and FIFOs: one buffer of bytes between the open files that read it and those that write it.
#pragma once

#include "kernel/fs/byte_ring.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"
#include "kernel/sched/wait_queue.h"

namespace caponier::fs {

inline constexpr u32 kPipeBytes = 64 * kKiB;       // a new pipe's capacity, as Linux's [pipe(7)]
inline constexpr u32 kPipeBytesMax = 1024 * kKiB;  // F_SETPIPE_SZ, /proc/sys/fs/pipe-max-size
inline constexpr u32 kPipeAtomicBytes = 4 * kKiB;  // PIPE_BUF: writes this short are never split

class PipeInode final : public Inode, public ByteRing {
 public:
  PipeInode(FileSystem& file_system, u32 mode) : Inode(file_system, InodeType::kFifo, mode), ByteRing(kPipeBytes) {}
  Result<Ref<File>> Open(const OpenHow& how, Location where) override;

  u32 readers = 0, writers = 0;
  u32 readers_ever = 0, writers_ever = 0;
  sched::WaitQueue changed_ends;  // an opener of a FIFO waits here for the other end
  sched::WaitQueue readable, writable;

  PipeInode* as_pipe() override { return this; }
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
