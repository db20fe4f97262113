// The trace that --trace asks for: system calls, signals and the end, as strace -f prints them. A call's line is sent whole when
// the call has ended, so that threads' lines do not mix; a call that does not return is sent before it is made.
#pragma once

#include "kernel/syscall/call.h"
#include "lib/base/vector.h"
#include "lib/linux_abi/trace.h"

namespace caponier::syscall {

extern bool g_trace;
inline bool Tracing() { return g_trace; }
void TraceSignal(const linux_abi::Siginfo& info);
void TraceEnd(u32 exit_status, int signal);

// A line that grows on the heap; what no longer fits in memory is left out.
class TraceLine final : public TextSink {
 public:
  TraceLine();
  void Write(std::string_view text) override;
  void Send();  // ends the line

 private:
  Vector<char> text_;
};

class TraceRecord {
 public:
  TraceRecord(const Call& call, u64 number);
  void Leave(i64 result);

 private:
  const Call& call_;
  linux_abi::TraceCall traced_;
  linux_abi::TraceState state_;
  TraceLine line_;
};

}  // namespace caponier::syscall
