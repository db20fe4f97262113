#include "lib/linux_abi/trace.h"

#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_names.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/trace_writer.h"

namespace caponier::linux_abi {

using internal::Context;
using internal::Writer;

namespace {

constexpr size_t kResultColumn = 40;  // where strace aligns "= "

void WriteArgument(Writer& out, const Context& context, Argument kind, size_t index) {
  u64 value = context.argument(index);
  if (context.after && kind == Argument::kPointer && internal::IsOutput(context, kind, index)) {
    u64 word = 0;
    if (context.failed() || !out.Load(value, &word)) return out.Address(value);
    return Format(out, "[{:#x}]", word);
  }
  if (!internal::WriteScalar(out, kind, value, context.call.arch)) internal::WriteStructure(out, context, kind, index);
}

// Arguments from `index` on; before the call, up to the first that is known only after it. Returns the next one.
size_t WriteArguments(Writer& out, const Context& context, const SyscallEntry& entry, size_t index) {
  size_t shown = internal::ArgumentsShown(context, entry.argument_count);
  for (; index < shown; index++) {
    Argument kind = entry.arguments[index];
    if (internal::IsSkipped(context, kind, index)) continue;
    if (!context.after && internal::IsOutput(context, kind, index)) break;
    if (index > 0) out.Write(", ");
    WriteArgument(out, context, kind, index);
  }
  return index;
}

// What in-out arguments hold before the call.
void Remember(Writer& out, const Context& context, const SyscallEntry& entry, TraceState* state) {
  for (size_t i = 0; i < entry.argument_count; i++) {
    u32 narrow = 0;
    u64 wide = 0;
    if (entry.arguments[i] == Argument::kIntInOut && out.Load(context.argument(i), &narrow)) state->before[i] = narrow;
    if (entry.arguments[i] == Argument::kLongInOut && out.Load(context.argument(i), &wide)) state->before[i] = wide;
  }
}

void WriteResult(Writer& out, const Context& context, ResultKind kind) {
  if (context.failed()) {
    auto number = static_cast<int>(-context.result);
    std::string_view name = ErrnoName(number);
    // The codes above the public ones mean that the call will be made again: it has no result yet.
    if (number >= kERESTARTSYS && !name.empty()) {
      out.Write("?");
    } else {
      out.Write("-1");
    }
    if (name.empty()) return Format(out, " {}", number);
    return Format(out, " {} ({})", name, ErrnoDescription(number));
  }
  switch (kind) {
    case ResultKind::kAddress: out.Hex(static_cast<u64>(context.result)); break;
    case ResultKind::kPermissions: out.Octal(static_cast<u64>(context.result), 3); break;
    case ResultKind::kOfFcntl: internal::FcntlResult(out, context); break;
    case ResultKind::kNever: out.Write("?"); break;
    case ResultKind::kOfScheduler:
      out.Signed(context.result);
      out.Write(" (");
      (void)internal::WriteScalar(out, Argument::kScheduler, static_cast<u64>(context.result), context.call.arch);
      out.Write(")");
      break;
    case ResultKind::kDecimal: out.Signed(context.result); break;
  }
  internal::ResultRemark(out, context);
}

class NoMemory final : public MemoryReader {
 public:
  bool Read(u64, MutableBytes) override { return false; }
};

}  // namespace

TraceState TraceEntry(TextSink& sink, const TraceCall& call, MemoryReader& memory) {
  TraceState state;
  Writer out(sink, memory, 0);
  state.known = FindSyscall(call.arch, call.number, &state.call);
  if (!state.known) {
    Format(out, "syscall_{:#x}(", call.number);
    for (size_t i = 0; i < kMaxArguments; i++) {
      if (i > 0) out.Write(", ");
      out.Hex(call.arguments[i]);
    }
    state.columns = static_cast<u16>(out.columns());
    return state;
  }
  Context context = {.call = call, .syscall = state.call};
  const SyscallEntry& entry = EntryOf(state.call);
  Format(out, "{}(", NameOf(state.call));
  Remember(out, context, entry, &state);
  if (state.call == Syscall::clone) {
    internal::CloneEntry(out, context);
  } else {
    state.next_argument = static_cast<u8>(WriteArguments(out, context, entry, 0));
  }
  state.columns = static_cast<u16>(out.columns() < 0xffff ? out.columns() : 0xffff);
  return state;
}

void TraceExit(TextSink& sink, const TraceCall& call, const TraceState& state, i64 result, MemoryReader& memory) {
  Writer out(sink, memory, state.columns);
  Context context = {.call = call, .syscall = state.call, .after = true, .result = result, .before = state.before};
  ResultKind kind = ResultKind::kDecimal;
  if (state.known) {
    const SyscallEntry& entry = EntryOf(state.call);
    kind = entry.result;
    if (state.call == Syscall::clone) {
      internal::CloneExit(out, context);
    } else {
      (void)WriteArguments(out, context, entry, state.next_argument);
    }
  }
  out.Write(") ");
  while (out.columns() < kResultColumn) out.Write(" ");
  out.Write("= ");
  if (!state.known) context.syscall = Syscall::read;  // no remark of another call
  WriteResult(out, context, kind);
}

void TraceSignal(TextSink& sink, const Siginfo& info) {
  NoMemory none;
  Writer out(sink, none, 0);
  auto signal = static_cast<u64>(info.signo);
  out.Write("--- ");
  internal::SignalText(out, signal);
  out.Write(" {si_signo=");
  internal::SignalText(out, signal);
  out.Write(", si_code=");
  std::string_view code = SignalCodeName(info.signo, info.code);
  if (code.empty()) {
    out.Signed(info.code);
  } else {
    out.Write(code);
  }
  bool is_fault =
      info.signo == kSIGSEGV || info.signo == kSIGBUS || info.signo == kSIGILL || info.signo == kSIGFPE || info.signo == kSIGTRAP;
  if (info.code == kSI_USER || info.code == kSI_TKILL || info.code == kSI_QUEUE) {
    Format(out, ", si_pid={}, si_uid={}", info.kill.pid, info.kill.uid);
    if (info.code == kSI_QUEUE) Format(out, ", si_int={}, si_ptr={:#x}", static_cast<i32>(info.queued.value), info.queued.value);
  } else if (info.code == kSI_TIMER) {
    Format(out, ", si_timerid={:#x}, si_overrun={}", static_cast<u32>(info.timer.tid), info.timer.overrun);
  } else if (is_fault) {
    out.Write(", si_addr=");
    out.Address(info.code == kSI_KERNEL ? 0 : info.fault.addr);
  } else if (info.signo == kSIGCHLD) {
    Format(out, ", si_pid={}, si_uid={}, si_status=", info.child.pid, info.child.uid);
    if (info.code == kCLD_EXITED) {
      out.Signed(info.child.status);
    } else {
      internal::SignalText(out, static_cast<u32>(info.child.status));
    }
    Format(out, ", si_utime={}, si_stime={}", info.child.utime, info.child.stime);
  }
  out.Write("} ---");
}

void TraceEnd(TextSink& sink, u32 wait_status) {
  NoMemory none;
  Writer out(sink, none, 0);
  u32 signal = wait_status & 0x7f;
  if (signal == 0) return Format(out, "+++ exited with {} +++", (wait_status >> 8) & 0xff);
  out.Write("+++ killed by ");
  internal::SignalText(out, signal);
  out.Write((wait_status & 0x80) != 0 ? " (core dumped) +++" : " +++");
}

}  // namespace caponier::linux_abi
