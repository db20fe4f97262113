// socketpair(2) of AF_UNIX and SOCK_STREAM: two open files, and what one writes the other reads. Event loops wake themselves with one
// (Python's asyncio), and threads talk through it. Descriptors and credentials do not travel along, and there are no other sockets.
#pragma once

#include "kernel/fs/byte_ring.h"
#include "kernel/fs/file.h"
#include "kernel/sched/wait_queue.h"
#include "lib/base/ref.h"

namespace caponier::fs {

class Socket final : public File {
 public:
  // One direction.
  struct Channel final : RefCounted {
    ByteRing ring{64 * kKiB};
    bool ended = false;  // nobody writes any more
    bool deaf = false;   // nobody reads any more
    sched::WaitQueue readable, writable;
  };
  struct Receiving {
    bool peek = false, all = false, wait = true;  // MSG_PEEK, MSG_WAITALL, not MSG_DONTWAIT
  };

  Socket(Ref<Channel> in, Ref<Channel> out) : in_(std::move(in)), out_(std::move(out)) {}
  Result<u64> Read(mm::IoBuffer& to, u64 offset) override;
  Result<u64> Write(mm::IoBuffer& from, u64 offset) override;
  PollEvents Poll(PollRegistrar& registrar) override;
  Result<i64> Control(u32 request, u64 argument) override;
  Socket* as_socket() override { return this; }

  Result<u64> Receive(mm::IoBuffer& to, const Receiving& how);
  Result<u64> Send(mm::IoBuffer& from, bool wait);
  void Shutdown(bool reading, bool writing);

 protected:
  ~Socket() override { Shutdown(true, true); }

 private:
  Ref<Channel> in_, out_;
};

struct SocketEnds {
  Ref<File> one, other;
};
// `status_flags` are added to both ends'.
Result<SocketEnds> MakeSocketPair(u32 status_flags);

}  // namespace caponier::fs
