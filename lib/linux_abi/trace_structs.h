// Structures in strace's notation. Internal to the trace_*.cc files.
#pragma once

#include "lib/linux_abi/arch_types.h"
#include "lib/linux_abi/trace_writer.h"

namespace caponier::linux_abi::internal {

struct PollRequest {  // an entry of poll(2) before the call
  Pollfd entry;
};

void Text(Writer& out, const Timespec& value);
void Text(Writer& out, const Timeval& value);
void Text(Writer& out, const Itimerspec& value);
void Text(Writer& out, const Itimerval& value);
void Text(Writer& out, const Tms& value);
void Text(Writer& out, const x86_64::Stat& value);
void Text(Writer& out, const aarch64::Stat& value);
void Text(Writer& out, const Statx& value);
void Text(Writer& out, const Statfs& value);
void Text(Writer& out, const Rlimit64& value);
void Text(Writer& out, const Rusage& value);
void Text(Writer& out, const Utsname& value);
void Text(Writer& out, const Sysinfo& value);
void Text(Writer& out, const Sigaction& value);
void Text(Writer& out, const StackT& value);
void Text(Writer& out, const Sigevent& value);
void Text(Writer& out, const x86_64::EpollEvent& value);
void Text(Writer& out, const aarch64::EpollEvent& value);
void Text(Writer& out, const PollRequest& value);

void PollResult(Writer& out, const Pollfd& entry);  // and after it
void OpenHowText(Writer& out, u64 address, Arch arch);
// `count` pieces of memory, of whose contents the first `bytes` count.
void Vector(Writer& out, u64 address, u64 count, u64 bytes);
void SocketAddress(Writer& out, u64 address, u64 length);
// sendmsg(2)'s header before the call, recvmsg(2)'s after it.
void Message(Writer& out, const Context& context, u64 address, bool input);

}  // namespace caponier::linux_abi::internal
