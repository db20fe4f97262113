// System calls in words, one line each, as strace(1) prints them:
//
//     openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
//     access("/nowhere", R_OK)                = -1 ENOENT (No such file or directory)
//
// A line is written in two parts. TraceEntry, before the call, writes what the call takes; TraceExit, after it, what it gave. So
// a call that never returns, or replaces the memory its arguments lie in, is written in full; on a machine with several threads
// the caller keeps the first part until the second comes. What a call takes and gives is data (syscall_table.def).
//
// The program's memory is read through the caller's MemoryReader and is not trusted: every count is bounded, every pointer may be
// wrong (it is written as a number then), and nothing is read twice that must agree with itself.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/format.h"
#include "lib/linux_abi/syscall_table.h"
#include "lib/linux_abi/types.h"

namespace caponier::linux_abi {

class MemoryReader {
 public:
  // All of `to` from the program's memory; false when any byte cannot be read.
  virtual bool Read(u64 address, MutableBytes to) = 0;

 protected:
  ~MemoryReader() = default;
};

struct TraceCall {
  Arch arch = native::kArch;
  u64 number = 0;
  u64 arguments[kMaxArguments] = {};
};

// What TraceExit must know of the entry.
struct TraceState {
  Syscall call{};
  bool known = false;              // a call of this architecture
  u8 next_argument = 0;            // the first one that TraceExit writes
  u16 columns = 0;                 // written so far
  u64 before[kMaxArguments] = {};  // what in-out arguments pointed to
};

// Writes "name(arguments" as far as they are known before the call.
TraceState TraceEntry(TextSink& sink, const TraceCall& call, MemoryReader& memory);
// Writes the rest, ") = result". No newline. `result` is what the program gets: a negative errno for a failure.
void TraceExit(TextSink& sink, const TraceCall& call, const TraceState& state, i64 result, MemoryReader& memory);

// "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---".
void TraceSignal(TextSink& sink, const Siginfo& info);
// "+++ exited with 3 +++" or "+++ killed by SIGKILL +++", for a wait(2) status.
void TraceEnd(TextSink& sink, u32 wait_status);

}  // namespace caponier::linux_abi
