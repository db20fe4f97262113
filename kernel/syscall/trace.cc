#include "kernel/syscall/trace.h"

#include "kernel/drivers/link.h"
#include "kernel/syscall/dispatch.h"
#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::syscall {
namespace {

class ProgramMemory final : public linux_abi::MemoryReader {
 public:
  bool Read(u64 address, MutableBytes to) override { return mm::CopyFromUser(to, address).ok(); }
};

// An interrupted call's result before it is known whether it is made again, as strace sees it.
i64 ResultBeforeDelivery(const sched::Thread& thread, i64 result) {
  switch (thread.signals.restart) {
    case sched::Restart::kNone: return result;
    case sched::Restart::kRepeat: return -linux_abi::kERESTARTSYS;
    case sched::Restart::kRepeatWithoutHandler: return -linux_abi::kERESTARTNOHAND;
    case sched::Restart::kContinue: return -linux_abi::kERESTART_RESTARTBLOCK;
  }
  return result;
}

}  // namespace

constinit bool g_trace = false;

void SetTrace(bool on) { g_trace = on; }

TraceLine::TraceLine() {
  const sched::Thread& thread = sched::CurrentThread();
  if (thread.process->threads.size() > 1) Format(*this, "[pid {:5}] ", thread.tid);
}

void TraceLine::Write(std::string_view text) {
  for (const char c : text) {
    if (!text_.Append(c).ok()) return;
  }
}

void TraceLine::Send() {
  Write("\n");
  drivers::link::TraceLine({text_.data(), text_.size()});
  text_.Clear();
}

TraceRecord::TraceRecord(const Call& call, u64 number) : call_(call) {
  traced_.number = number;
  for (size_t i = 0; i < linux_abi::kMaxArguments; i++) traced_.arguments[i] = call.arguments[i];
  ProgramMemory memory;
  state_ = linux_abi::TraceEntry(line_, traced_, memory);
  if (state_.known && linux_abi::EntryOf(state_.call).result == linux_abi::ResultKind::kNever) Leave(0);
}

void TraceRecord::Leave(i64 result) {
  ProgramMemory memory;
  linux_abi::TraceExit(line_, traced_, state_, ResultBeforeDelivery(call_.thread, result), memory);
  line_.Send();
}

void TraceSignal(const linux_abi::Siginfo& info) {
  TraceLine line;
  linux_abi::TraceSignal(line, info);
  line.Send();
}

void TraceEnd(u32 exit_status, int signal) {
  constexpr int kStatusShift = 8;  // of a wait(2) status
  TraceLine line;
  linux_abi::TraceEnd(line, signal != 0 ? static_cast<u32>(signal) : (exit_status & 0xff) << kStatusShift);
  line.Send();
}

}  // namespace caponier::syscall
