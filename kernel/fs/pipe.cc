#include "kernel/fs/pipe.h"

#include <algorithm>

#include "kernel/fs/file_systems.h"
#include "kernel/fs/open_how.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/terminal_flags.h"

namespace caponier::fs {

// open(2) of a FIFO waits for the other end, unless told not to [fifo(7)].
Result<Ref<File>> PipeInode::Open(const OpenHow& how, Location where) {
  if (how.write && !how.read && how.nonblocking && readers == 0) return Error::kNobodyThere;
  auto file = TRY(MakeRef<OpenPipe>(Ref<PipeInode>::Share(this), how.read, how.write));
  file->set_where(std::move(where));
  changed_ends.WakeAll();
  if (!(how.read && how.write) && !how.nonblocking) {
    const u32& others = how.read ? writers : readers;
    const u32& others_ever = how.read ? writers_ever : readers_ever;
    const u32 seen = others_ever;
    while (others == 0 && others_ever == seen) TRY(sched::WaitOn(changed_ends, sched::kForever, sched::Interruptible::kYes));
  }
  return Ref<File>(std::move(file));
}

OpenPipe::OpenPipe(Ref<PipeInode> pipe, bool reads, bool writes) : pipe_(std::move(pipe)), reads_(reads), writes_(writes) {
  if (reads_) pipe_->readers++, pipe_->readers_ever++;
  if (writes_) pipe_->writers++, pipe_->writers_ever++;
}

OpenPipe::~OpenPipe() {
  if (reads_ && --pipe_->readers == 0) pipe_->writable.WakeAll();
  if (writes_ && --pipe_->writers == 0) pipe_->readable.WakeAll();
  if (pipe_->readers == 0 && pipe_->writers == 0) pipe_->Forget();
}

Result<u64> OpenPipe::Read(mm::IoBuffer& to, u64) {
  if (to.remaining() == 0) return 0;
  while (pipe_->used() == 0) {
    if (pipe_->writers == 0) return 0;
    if (nonblocking()) return Error::kWouldBlock;
    TRY(sched::WaitOn(pipe_->readable, sched::kForever, sched::Interruptible::kYes));
  }
  const u64 done = TRY(pipe_->Drain(to, to.remaining()));
  pipe_->TouchAccessed();
  pipe_->writable.WakeAll();
  return done;
}

Result<u64> OpenPipe::Write(mm::IoBuffer& from, u64) {
  const u64 wanted = from.remaining();
  const bool whole = wanted <= kPipeAtomicBytes;
  u64 done = 0;
  while (done < wanted) {
    if (pipe_->readers == 0) {
      if (done != 0) break;
      return Error::kBrokenPipe;
    }
    if (pipe_->room() < (whole ? wanted : 1)) {
      if (nonblocking()) {
        if (done != 0) break;
        return Error::kWouldBlock;
      }
      if (auto waited = sched::WaitOn(pipe_->writable, sched::kForever, sched::Interruptible::kYes); !waited.ok()) {
        if (done != 0) break;
        return waited.error();
      }
      continue;
    }
    const auto fed = pipe_->Feed(from, wanted - done);
    if (!fed.ok()) {
      if (done != 0) break;
      return fed.error();
    }
    done += fed.value();
    pipe_->readable.WakeAll();
  }
  if (done != 0) pipe_->TouchModified();
  return done;
}

PollEvents OpenPipe::Poll(PollRegistrar& registrar) {
  PollEvents events = 0;
  if (reads_) {
    registrar.WaitFor(pipe_->readable);
    if (pipe_->used() != 0) events |= kPollIn;
    if (pipe_->writers == 0 && pipe_->writers_ever != 0) events |= kPollHangup;
  }
  if (writes_) {
    registrar.WaitFor(pipe_->writable);
    if (pipe_->room() >= kPipeAtomicBytes) events |= kPollOut;
    if (pipe_->readers == 0) events |= kPollError;
  }
  return events;
}

Result<i64> OpenPipe::Control(u32 request, u64 argument) {
  if (request != linux_abi::kFIONREAD) return Error::kNotATerminal;
  TRY(mm::WriteUser<i32>(argument, static_cast<i32>(pipe_->used())));
  return 0;
}

PipeInode* PipeBehind(File& file) { return file.inode() == nullptr ? nullptr : file.inode()->as_pipe(); }

Result<PipeEnds> MakePipe(u32 status_flags) {
  auto pipe = TRY(MakeRef<PipeInode>(PipeFileSystem(), 0600));
  PipeEnds ends;
  Location where;
  where.inode = pipe;
  ends.read = TRY(MakeRef<OpenPipe>(pipe, true, false));
  ends.read->set_where(where);
  ends.read->set_status_flags(linux_abi::kO_RDONLY | status_flags);
  ends.write = TRY(MakeRef<OpenPipe>(pipe, false, true));
  ends.write->set_where(std::move(where));
  ends.write->set_status_flags(linux_abi::kO_WRONLY | status_flags);
  return ends;
}

}  // namespace caponier::fs
