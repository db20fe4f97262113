#include "kernel/fs/socket_pair.h"

#include "kernel/fs/file_systems.h"
#include "kernel/fs/pipe.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/terminal_flags.h"

namespace caponier::fs {

class SocketInode final : public Inode {
 public:
  SocketInode() : Inode(AnonymousFileSystem(), InodeType::kSocket, 0777) {}
};

Result<u64> Socket::Receive(mm::IoBuffer& to, const Receiving& how) {
  u64 done = 0;
  do {  // once for no bytes too: recv(2) then waits for some to be there
    while (in_->ring.used() == 0) {
      if (in_->ended || in_->deaf) return done;
      const auto waited =
          how.wait ? sched::WaitOn(in_->readable, sched::kForever, sched::Interruptible::kYes) : Result<void>(Error::kWouldBlock);
      if (!waited.ok()) return done != 0 ? Result<u64>(done) : waited.error();
    }
    if (how.peek) return in_->ring.Peek(to, to.remaining());
    const auto drained = in_->ring.Drain(to, to.remaining());
    if (!drained.ok()) return done != 0 ? Result<u64>(done) : drained.error();
    done += drained.value();
    in_->writable.WakeAll();
  } while (how.all && to.remaining() != 0);
  return done;
}

Result<u64> Socket::Send(mm::IoBuffer& from, bool wait) {
  u64 done = 0;
  while (from.remaining() != 0) {
    if (out_->deaf || out_->ended) {
      if (done != 0) break;
      return Error::kBrokenPipe;
    }
    if (out_->ring.room() == 0) {
      const auto waited =
          wait ? sched::WaitOn(out_->writable, sched::kForever, sched::Interruptible::kYes) : Result<void>(Error::kWouldBlock);
      if (!waited.ok()) {
        if (done != 0) break;
        return waited.error();
      }
      continue;
    }
    const auto fed = out_->ring.Feed(from, from.remaining());
    if (!fed.ok()) {
      if (done != 0) break;
      return fed.error();
    }
    done += fed.value();
    out_->readable.WakeAll();
  }
  return done;
}

Result<u64> Socket::Read(mm::IoBuffer& to, u64) { return to.remaining() == 0 ? 0 : Receive(to, {.wait = !nonblocking()}); }
Result<u64> Socket::Write(mm::IoBuffer& from, u64) { return Send(from, !nonblocking()); }

// As Linux's unix_poll: the other's end counts as both directions shut.
PollEvents Socket::Poll(PollRegistrar& registrar) {
  registrar.WaitFor(in_->readable);
  registrar.WaitFor(out_->writable);
  PollEvents events = 0;
  const bool no_more = in_->ended || in_->deaf, mute = out_->ended || out_->deaf;
  if (in_->ring.used() != 0 || no_more) events |= kPollIn;
  if (no_more) events |= kPollReadHangup;
  if (no_more && mute) events |= kPollHangup;
  if (out_->ring.room() >= kPipeAtomicBytes || mute) events |= kPollOut;
  return events;
}

Result<i64> Socket::Control(u32 request, u64 argument) {
  if (request != linux_abi::kFIONREAD && request != linux_abi::kTIOCOUTQ) return Error::kNotATerminal;
  const Channel& channel = request == linux_abi::kFIONREAD ? *in_ : *out_;
  TRY(mm::WriteUser<i32>(argument, static_cast<i32>(channel.ring.used())));
  return 0;
}

void Socket::Shutdown(bool reading, bool writing) {
  if (reading) in_->deaf = true;
  if (writing) out_->ended = true;
  for (Channel* channel : {in_.get(), out_.get()}) {
    channel->readable.WakeAll();
    channel->writable.WakeAll();
  }
}

Result<SocketEnds> MakeSocketPair(u32 status_flags) {
  const auto there = TRY(MakeRef<Socket::Channel>()), back = TRY(MakeRef<Socket::Channel>());
  SocketEnds ends;
  ends.one = TRY(MakeRef<Socket>(back, there));
  ends.other = TRY(MakeRef<Socket>(there, back));
  for (const Ref<File>& end : {ends.one, ends.other}) {
    Location where;
    where.inode = TRY(MakeRef<SocketInode>());
    end->set_where(std::move(where));
    end->set_status_flags(linux_abi::kO_RDWR | status_flags);
  }
  return ends;
}

}  // namespace caponier::fs
