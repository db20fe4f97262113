// Socket pairs: socketpair(2), send(2) and recv(2) and their families, and the options that such sockets have.
#include <algorithm>

#include "kernel/fs/socket_pair.h"
#include "kernel/sched/signal.h"
#include "kernel/syscall/files.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/socket_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {

using namespace linux_abi;

namespace {

struct Connection {
  Ref<fs::File> file;
  fs::Socket& socket;
};
Result<Connection> ConnectionOf(Call& call, int descriptor) {
  Ref<fs::File> file = TRY(UsableFile(call, descriptor));
  fs::Socket* socket = file->as_socket();
  if (socket == nullptr) return Error::kNotASocket;
  return Connection{std::move(file), *socket};
}

Result<i64> Send(Call& call, const Connection& to, mm::IoBuffer& from, u32 flags) {
  if ((flags & kMSG_OOB) != 0) return Error::kNotSupported;
  call.restartable = true;
  const auto sent = to.socket.Send(from, !to.file->nonblocking() && (flags & kMSG_DONTWAIT) == 0);
  if (sent.ok()) return static_cast<i64>(sent.value());
  if (sent.error() == Error::kBrokenPipe && (flags & kMSG_NOSIGNAL) == 0) sched::RaiseOnSelf(kSIGPIPE);
  return sent.error();
}

Result<i64> Receive(Call& call, int descriptor, mm::IoBuffer& to, u32 flags) {
  const Connection from = TRY(ConnectionOf(call, descriptor));
  if ((flags & (kMSG_OOB | kMSG_ERRQUEUE)) != 0) return Error::kNotSupported;
  call.restartable = true;
  return static_cast<i64>(TRY(from.socket.Receive(to, {.peek = (flags & kMSG_PEEK) != 0,
                                                       .all = (flags & kMSG_WAITALL) != 0,
                                                       .wait = !from.file->nonblocking() && (flags & kMSG_DONTWAIT) == 0})));
}

// An answer of the length that the program has room for, and how long it was.
Result<void> Answer(Bytes bytes, u64 address, u64 length_address) {
  const i32 room = TRY(mm::ReadUser<i32>(length_address));
  if (room < 0) return Error::kInvalidArgument;
  const auto length = static_cast<i32>(std::min<u64>(bytes.size(), static_cast<u64>(room)));
  TRY(mm::CopyToUser(address, bytes.first(static_cast<size_t>(length))));
  return mm::WriteUser(length_address, length);
}

// The name of a socket without a name: its family.
Result<i64> Name(Call& call) {
  TRY(ConnectionOf(call, call.Int(0)));
  const u16 family = kAF_UNIX;
  const u32 room = TRY(mm::ReadUser<u32>(call[2]));
  if (static_cast<i32>(room) < 0) return Error::kInvalidArgument;
  TRY(mm::CopyToUser(call[1], BytesOf(family).first(std::min<size_t>(room, sizeof(family)))));
  TRY(mm::WriteUser<u32>(call[2], sizeof(family)));
  return 0;
}

constexpr i32 kBufferBytes = 212992;  // what Linux says of either direction; nothing depends on it

}  // namespace

Result<i64> SysSocketpair(Call& call) {
  const u32 type = call.Unsigned(1), flags = type & (kSOCK_CLOEXEC | kSOCK_NONBLOCK);
  if (call.Int(0) != kAF_UNIX) return Error::kAddressFamily;
  if ((type & ~flags) != kSOCK_STREAM) return Error::kSocketType;
  if (call.Int(2) != 0 && call.Int(2) != kAF_UNIX) return Error::kSocketProtocol;
  fs::SocketEnds ends = TRY(fs::MakeSocketPair((flags & kSOCK_NONBLOCK) != 0 ? kO_NONBLOCK : 0));
  TRY(InstallBoth(call, call[3], std::move(ends.one), std::move(ends.other), (flags & kSOCK_CLOEXEC) != 0));
  return 0;
}

Result<i64> SysSendto(Call& call) {
  mm::IoBuffer from = TRY(UserBuffer(call[1], call[2]));
  const Connection to = TRY(ConnectionOf(call, call.Int(0)));
  if (call[4] != 0) {
    std::byte name[128];  // sockaddr_storage
    if (call.Unsigned(5) > sizeof(name)) return Error::kInvalidArgument;
    TRY(mm::CopyFromUser(MutableBytes(name).first(call.Unsigned(5)), call[4]));
    if (call.Unsigned(5) != 0) return Error::kConnected;
  }
  return Send(call, to, from, call.Unsigned(3));
}

Result<i64> SysRecvfrom(Call& call) {
  mm::IoBuffer to = TRY(UserBuffer(call[1], call[2]));
  const i64 received = TRY(Receive(call, call.Int(0), to, call.Unsigned(3)));
  if (call[4] != 0 && call[5] != 0) TRY(mm::WriteUser<u32>(call[5], 0));  // the sender has no name
  return received;
}

Result<i64> SysSendmsg(Call& call) {
  const auto message = TRY(mm::ReadUser<Msghdr>(call[1]));
  UserVector vector;
  mm::IoBuffer from = TRY(vector.Read(message.iov, message.iovlen));
  const Connection to = TRY(ConnectionOf(call, call.Int(0)));
  if (message.name != 0 && message.namelen != 0) return Error::kConnected;
  if (message.control != 0 && message.controllen != 0) return Error::kNotSupported;  // descriptors and credentials
  return Send(call, to, from, call.Unsigned(2));
}

Result<i64> SysRecvmsg(Call& call) {
  auto message = TRY(mm::ReadUser<Msghdr>(call[1]));
  UserVector vector;
  mm::IoBuffer to = TRY(vector.Read(message.iov, message.iovlen));
  const i64 received = TRY(Receive(call, call.Int(0), to, call.Unsigned(2)));
  message.namelen = 0;
  message.controllen = 0;
  message.flags = 0;
  TRY(mm::WriteUser(call[1], message));
  return received;
}

Result<i64> SysShutdown(Call& call) {
  const Connection connection = TRY(ConnectionOf(call, call.Int(0)));
  const int how = call.Int(1);
  if (how < kSHUT_RD || how > kSHUT_RDWR) return Error::kInvalidArgument;
  connection.socket.Shutdown(how != kSHUT_WR, how != kSHUT_RD);
  return 0;
}

Result<i64> SysGetsockopt(Call& call) {
  TRY(ConnectionOf(call, call.Int(0)));
  if (call.Int(1) != kSOL_SOCKET) return Error::kNotSupported;
  i32 value = 0;
  switch (call.Int(2)) {
    case kSO_TYPE: value = kSOCK_STREAM; break;
    case kSO_DOMAIN: value = kAF_UNIX; break;
    case kSO_SNDBUF:
    case kSO_RCVBUF: value = kBufferBytes; break;
    case kSO_ERROR:
    case kSO_PROTOCOL:
    case kSO_ACCEPTCONN:
    case kSO_PASSCRED:
    case kSO_REUSEADDR:
    case kSO_KEEPALIVE: break;
    case kSO_PEERCRED: {
      const Ucred peer{.pid = call.process().pid,
                       .uid = call.process().credentials.user.effective,
                       .gid = call.process().credentials.group.effective};
      TRY(Answer(BytesOf(peer), call[3], call[4]));
      return 0;
    }
    default: return Error::kSocketOption;
  }
  TRY(Answer(BytesOf(value), call[3], call[4]));
  return 0;
}

// Those that change nothing here that a program could rely on. Timeouts and credentials are refused.
Result<i64> SysSetsockopt(Call& call) {
  TRY(ConnectionOf(call, call.Int(0)));
  if (call.Int(1) != kSOL_SOCKET) return Error::kNotSupported;
  if (call.Int(4) < static_cast<i32>(sizeof(i32))) return Error::kInvalidArgument;
  TRY(mm::ReadUser<i32>(call[3]));
  switch (call.Int(2)) {
    case kSO_SNDBUF:
    case kSO_RCVBUF:
    case kSO_REUSEADDR:
    case kSO_KEEPALIVE: return 0;
    default: return Error::kSocketOption;
  }
}

Result<i64> SysGetsockname(Call& call) { return Name(call); }
Result<i64> SysGetpeername(Call& call) { return Name(call); }

}  // namespace caponier::syscall
