// Arguments that point to structures: input ones are written when they can be read, output ones after a call that succeeded, and their
// address in every other case.
#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/trace_structs.h"

namespace caponier::linux_abi::internal {
namespace {

template <typename T>
void Structure(Writer& out, u64 address) {
  T value;
  if (!out.Load(address, &value)) return out.Address(address);
  Text(out, value);
}
// One the call fills in.
template <typename T>
void Filled(Writer& out, const Context& context, u64 address) {
  if (context.failed()) return out.Address(address);
  Structure<T>(out, address);
}
// [element, element] of `count` structures.
template <typename T>
void Elements(Writer& out, u64 address, u64 count) {
  T element;
  if (count > 0 && !out.Load(address, &element)) return out.Address(address);
  if (address == 0) return out.Address(address);
  out.Write("[");
  for (u64 i = 0; i < count; i++) {
    if (i > 0) out.Write(", ");
    if (i == kShownElements || !out.Load(address + i * sizeof(T), &element)) {
      out.Write("...");
      break;
    }
    Text(out, element);
  }
  out.Write("]");
}
template <typename T>
void BracketedNumber(Writer& out, u64 address) {
  T value = 0;
  if (!out.Load(address, &value)) return out.Address(address);
  Format(out, "[{}]", value);
}

// [0 4] of a bit set: select(2)'s descriptors, sched_setaffinity(2)'s processors.
void BitSet(Writer& out, u64 address, u64 bits) {
  u64 word = 0;
  if (address == 0 || (bits > 0 && !out.Load(address, &word))) return out.Address(address);
  constexpr u64 kMost = 1024;
  out.Write("[");
  bool first = true;
  for (u64 bit = 0; bit < bits && bit < kMost; bit++) {
    if (bit % 64 == 0 && !out.Load(address + bit / 8, &word)) break;
    if ((word >> (bit % 64) & 1) == 0) continue;
    if (!first) out.Write(" ");
    first = false;
    out.Unsigned(bit);
  }
  out.Write("]");
}

void Directory(Writer& out, const Context& context, u64 address) {
  out.Address(address);
  if (context.failed()) return;
  u64 entries = 0, at = 0, bytes = static_cast<u64>(context.result);
  while (at + Dirent64::kNameOffset <= bytes) {
    u16 length = 0;
    if (!out.Load(address + at + offsetof(Dirent64, reclen), &length) || length < Dirent64::kNameOffset) break;
    at += length;
    entries++;
  }
  Format(out, " /* {} entr{} */", entries, entries == 1 ? "y" : "ies");
}

// A number that the call may change: [16], or [16 => 2].
template <typename T>
void InOut(Writer& out, const Context& context, size_t index) {
  u64 address = context.argument(index);
  T after = 0;
  if (!out.Load(address, &after)) return out.Address(address);
  T before = static_cast<T>(context.before[index]);
  if (context.failed() || before == after) return Format(out, "[{}]", before);
  Format(out, "[{} => {}]", before, after);
}

void ChangedTimes(Writer& out, u64 address) {
  Timespec times[2];
  if (!out.Load(address, &times)) return out.Address(address);
  out.Write("[");
  for (int i = 0; i < 2; i++) {
    if (i > 0) out.Write(", ");
    if (times[i].nsec == kUtimeNow) {
      out.Write("UTIME_NOW");
    } else if (times[i].nsec == kUtimeOmit) {
      out.Write("UTIME_OMIT");
    } else {
      Text(out, times[i]);
    }
  }
  out.Write("]");
}

void ChildSignal(Writer& out, const Context& context, u64 address) {
  Siginfo info;
  if (context.failed() || !out.Load(address, &info)) return out.Address(address);
  out.Write("{si_signo=");
  SignalText(out, static_cast<u32>(info.signo));
  if (info.signo == kSIGCHLD)
    Format(out, ", si_pid={}, si_uid={}, si_status={}", info.child.pid, info.child.uid, info.child.status);
  out.Write(", ...}");
}

u64 SizeOf(i64 result) { return result > 0 ? static_cast<u64>(result) : 0; }

}  // namespace

void WriteStructure(Writer& out, const Context& context, Argument kind, size_t index) {
  const u64 address = context.argument(index), next = context.argument(index + 1);
  const bool x86 = context.call.arch == Arch::kX86_64;
  switch (kind) {
    case Argument::kPath: QuotedString(out, address); break;
    case Argument::kInBuffer: QuotedBuffer(out, address, next); break;
    case Argument::kOutBuffer:
    case Argument::kOutHexBuffer: {
      if (context.failed()) return out.Address(address);
      u64 bytes = SizeOf(context.result) < next ? SizeOf(context.result) : next;
      if (context.syscall == Syscall::getcwd && bytes > 0) bytes--;  // its result counts the NUL
      QuotedBuffer(out, address, bytes, kind == Argument::kOutHexBuffer ? Escapes::kHex : Escapes::kShortest);
      break;
    }
    case Argument::kIovecIn: Vector(out, address, next, ~u64{0}); break;
    case Argument::kIovecOut:
      if (context.failed()) return out.Address(address);
      Vector(out, address, next, SizeOf(context.result));
      break;
    case Argument::kArgv: StringVector(out, address); break;
    case Argument::kEnvp: CountedVector(out, address); break;

    case Argument::kTimespecIn: Structure<Timespec>(out, address); break;
    case Argument::kTimespecOut: Filled<Timespec>(out, context, address); break;
    case Argument::kTimespecRemaining:  // filled in only when a signal cut the sleep short
      if (context.result != -kEINTR && context.result != -kERESTART_RESTARTBLOCK) return out.Address(address);
      Structure<Timespec>(out, address);
      break;
    case Argument::kTwoTimespecsIn: ChangedTimes(out, address); break;
    case Argument::kTimevalIn: Structure<Timeval>(out, address); break;
    case Argument::kTimevalOut: Filled<Timeval>(out, context, address); break;
    case Argument::kItimerspecIn: Structure<Itimerspec>(out, address); break;
    case Argument::kItimerspecOut: Filled<Itimerspec>(out, context, address); break;
    case Argument::kItimervalIn: Structure<Itimerval>(out, address); break;
    case Argument::kItimervalOut: Filled<Itimerval>(out, context, address); break;
    case Argument::kTmsOut: Filled<Tms>(out, context, address); break;

    case Argument::kStatOut:
      x86 ? Filled<x86_64::Stat>(out, context, address) : Filled<aarch64::Stat>(out, context, address);
      break;
    case Argument::kStatxOut: Filled<Statx>(out, context, address); break;
    case Argument::kStatfsOut: Filled<Statfs>(out, context, address); break;
    case Argument::kDirentsOut: Directory(out, context, address); break;
    case Argument::kOpenHow: OpenHowText(out, address, context.call.arch); break;

    case Argument::kRlimitIn: Structure<Rlimit64>(out, address); break;
    case Argument::kRlimitOut: Filled<Rlimit64>(out, context, address); break;
    case Argument::kRusageOut:
      // wait4(2) that found nothing fills in nothing.
      if (context.syscall == Syscall::wait4 && context.result == 0) return out.Address(address);
      Filled<Rusage>(out, context, address);
      break;
    case Argument::kUtsnameOut: Filled<Utsname>(out, context, address); break;
    case Argument::kSysinfoOut: Filled<Sysinfo>(out, context, address); break;
    case Argument::kWaitStatusOut: {
      u32 status = 0;
      if (context.failed() || context.result == 0 || !out.Load(address, &status)) return out.Address(address);
      out.Write("[");
      WaitStatus(out, status);
      out.Write("]");
      break;
    }
    case Argument::kCpuSetIn: BitSet(out, address, context.argument(index - 1) * 8); break;
    case Argument::kCpuSetOut:
      if (context.failed()) return out.Address(address);
      BitSet(out, address, SizeOf(context.result) * 8);
      break;
    case Argument::kFdSet: BitSet(out, address, context.argument(0) & 0xffffffff); break;

    case Argument::kSigactionIn: Structure<Sigaction>(out, address); break;
    case Argument::kSigactionOut: Filled<Sigaction>(out, context, address); break;
    case Argument::kStackIn: Structure<StackT>(out, address); break;
    case Argument::kStackOut: Filled<StackT>(out, context, address); break;
    case Argument::kSigeventIn: Structure<Sigevent>(out, address); break;
    case Argument::kSiginfoOut: ChildSignal(out, context, address); break;
    case Argument::kSigsetIn:
    case Argument::kSigsetOut: {
      u64 set = 0;
      if ((kind == Argument::kSigsetOut && context.failed()) || !out.Load(address, &set)) return out.Address(address);
      SignalSet(out, set);
      break;
    }

    case Argument::kPollfds: Elements<PollRequest>(out, address, next & 0xffffffff); break;
    case Argument::kEpollEventIn:
      x86 ? Structure<x86_64::EpollEvent>(out, address) : Structure<aarch64::EpollEvent>(out, address);
      break;
    case Argument::kEpollEventsOut:
      if (context.failed()) return out.Address(address);
      x86 ? Elements<x86_64::EpollEvent>(out, address, SizeOf(context.result))
          : Elements<aarch64::EpollEvent>(out, address, SizeOf(context.result));
      break;

    case Argument::kSockaddrIn: SocketAddress(out, address, next & 0xffffffff); break;
    case Argument::kSockaddrOut: {
      u32 length = 0;
      if (context.failed() || !out.Load(next, &length)) return out.Address(address);
      SocketAddress(out, address, length);
      break;
    }
    case Argument::kMsghdrIn: Message(out, context, address, true); break;
    case Argument::kMsghdrOut: Message(out, context, address, false); break;

    case Argument::kIntIn: BracketedNumber<i32>(out, address); break;
    case Argument::kIntOut:
      if (context.failed()) return out.Address(address);
      BracketedNumber<i32>(out, address);
      break;
    case Argument::kLongOut:
      if (context.failed()) return out.Address(address);
      BracketedNumber<i64>(out, address);
      break;
    case Argument::kTwoIntsOut: {
      i32 pair[2] = {};
      if (context.failed() || !out.Load(address, &pair)) return out.Address(address);
      Format(out, "[{}, {}]", pair[0], pair[1]);
      break;
    }
    case Argument::kIntInOut: InOut<i32>(out, context, index); break;
    case Argument::kLongInOut: InOut<i64>(out, context, index); break;
    default: WriteDependent(out, context, kind, index);
  }
}

void ResultRemark(Writer& out, const Context& context) {
  switch (context.syscall) {
    case Syscall::poll:
    case Syscall::ppoll: {
      if (context.failed()) return;
      if (context.result == 0) return out.Write(" (Timeout)");
      out.Write(" ([");
      bool first = true;
      Pollfd entry;
      for (u64 i = 0; i < (context.argument(1) & 0xffffffff) && i < kShownElements; i++) {
        if (!out.Load(context.argument(0) + i * sizeof(Pollfd), &entry)) break;
        if (entry.revents == 0) continue;
        out.Join(&first);
        PollResult(out, entry);
      }
      return out.Write("])");
    }
    case Syscall::select:
    case Syscall::pselect6: {
      if (context.failed()) return;
      if (context.result == 0) return out.Write(" (Timeout)");
      constexpr std::string_view kNames[] = {"in ", "out ", "except "};
      out.Write(" (");
      bool first = true;
      for (size_t i = 0; i < 3; i++) {
        u64 word = 0;
        if (!out.Load(context.argument(i + 1), &word)) continue;
        out.Join(&first);
        out.Write(kNames[i]);
        BitSet(out, context.argument(i + 1), context.argument(0) & 0xffffffff);
      }
      return out.Write(")");
    }
    default: return;
  }
}

}  // namespace caponier::linux_abi::internal
