// Arguments that point to structures, written as strace writes them: input ones when they can be read, output ones after a call that
// succeeded, and their address in every other case.
#include "lib/linux_abi/arch_types.h"
#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/socket_flags.h"
#include "lib/linux_abi/trace_writer.h"

namespace caponier::linux_abi::internal {
namespace {

CAPONIER_ABI_NAME_TABLE(kPollEvents, CAPONIER_LINUX_POLL_EVENTS)
CAPONIER_ABI_NAME_TABLE(kEpollEvents, CAPONIER_LINUX_EPOLL_EVENTS)
CAPONIER_ABI_NAME_TABLE(kSigactionFlags, CAPONIER_LINUX_SIGACTION_FLAGS)
CAPONIER_ABI_NAME_TABLE(kStackFlags, CAPONIER_LINUX_SIGALTSTACK_FLAGS)
CAPONIER_ABI_NAME_TABLE(kFileSystems, CAPONIER_LINUX_FILE_SYSTEM_MAGIC)
CAPONIER_ABI_NAME_TABLE(kResolveFlags, CAPONIER_LINUX_RESOLVE_FLAGS)
CAPONIER_ABI_NAME_TABLE(kNotifies, CAPONIER_LINUX_SIGEV_NOTIFY)
CAPONIER_ABI_NAME_TABLE(kMessageFlags, CAPONIER_LINUX_MESSAGE_FLAGS)

void JoinedFlags(Writer& out, const NameTable& table, u64 value) {
  bool first = true;
  u64 rest = WriteFlags(out, table, value, &first);
  if (rest == 0 && !first) return;
  if (!first) out.Write("|");
  out.Hex(rest);
}

void NamedOrHex(Writer& out, const NameTable& table, u64 value) {
  std::string_view name = NameOf(table, value);
  if (name.empty()) {
    out.Hex(value);
  } else {
    out.Write(name);
  }
}

// --- time ----------------------------------------------------------------------------------------------------------------------
void Text(Writer& out, const Timespec& time) { ClockedTime(out, time); }
void Text(Writer& out, const Timeval& time) { Format(out, "{{tv_sec={}, tv_usec={}}}", time.sec, time.usec); }
template <typename Timer>
void TimerText(Writer& out, const Timer& timer) {
  out.Write("{it_interval=");
  Text(out, timer.interval);
  out.Write(", it_value=");
  Text(out, timer.value);
  out.Write("}");
}
void Text(Writer& out, const Itimerspec& timer) { TimerText(out, timer); }
void Text(Writer& out, const Itimerval& timer) { TimerText(out, timer); }
void Text(Writer& out, const Tms& times) {
  Format(out, "{{tms_utime={}, tms_stime={}, tms_cutime={}, tms_cstime={}}}", times.utime, times.stime, times.cutime, times.cstime);
}

// --- files ---------------------------------------------------------------------------------------------------------------------
void Device(Writer& out, u64 device) { Format(out, "makedev({:#x}, {:#x})", DeviceMajor(device), DeviceMinor(device)); }

template <typename Stat>
void StatText(Writer& out, const Stat& stat) {
  out.Write("{st_mode=");
  FileMode(out, stat.mode);
  u32 type = stat.mode & kS_IFMT;
  if (type == kS_IFCHR || type == kS_IFBLK) {
    out.Write(", st_rdev=");
    Device(out, stat.rdev);
  } else {
    Format(out, ", st_size={}", stat.size);
  }
  out.Write(", ...}");
}
void Text(Writer& out, const x86_64::Stat& stat) { StatText(out, stat); }
void Text(Writer& out, const aarch64::Stat& stat) { StatText(out, stat); }

void Text(Writer& out, const Statx& stat) {
  out.Write("{stx_mask=");
  (void)WriteScalar(out, Argument::kStatxMask, stat.mask, native::kArch);
  out.Write(", stx_attributes=");
  out.Hex(stat.attributes);
  out.Write(", stx_mode=");
  FileMode(out, stat.mode);
  Format(out, ", stx_size={}, ...}}", stat.size);
}
void Text(Writer& out, const Statfs& fs) {
  out.Write("{f_type=");
  NamedOrHex(out, kFileSystems, static_cast<u64>(fs.type));
  Format(out, ", f_bsize={}, f_blocks={}, f_bfree={}, f_bavail={}, f_files={}, f_ffree={}, f_fsid={{val=[", fs.bsize, fs.blocks,
         fs.bfree, fs.bavail, fs.files, fs.ffree);
  out.Hex(static_cast<u32>(fs.fsid[0]));
  out.Write(", ");
  out.Hex(static_cast<u32>(fs.fsid[1]));
  Format(out, "]}}, f_namelen={}, f_frsize={}, f_flags=", fs.namelen, fs.frsize);
  out.Hex(static_cast<u64>(fs.flags));
  out.Write("}");
}
void OpenHowText(Writer& out, u64 address, Arch arch) {
  OpenHow how;
  if (!out.Load(address, &how)) return out.Address(address);
  out.Write("{flags=");
  OpenFlags(out, how.flags, arch);
  if (how.mode != 0) {
    out.Write(", mode=");
    out.Octal(how.mode, 3);
  }
  out.Write(", resolve=");
  JoinedFlags(out, kResolveFlags, how.resolve);
  out.Write("}");
}

// --- processes -----------------------------------------------------------------------------------------------------------------
void LimitText(Writer& out, u64 limit) {
  if (limit == kRLIM64_INFINITY) return out.Write("RLIM64_INFINITY");
  if (limit > 1024 && limit % 1024 == 0) return Format(out, "{}*1024", limit / 1024);
  out.Unsigned(limit);
}
void Text(Writer& out, const Rlimit64& limit) {
  out.Write("{rlim_cur=");
  LimitText(out, limit.cur);
  out.Write(", rlim_max=");
  LimitText(out, limit.max);
  out.Write("}");
}
void Text(Writer& out, const Rusage& usage) {
  out.Write("{ru_utime=");
  Text(out, usage.utime);
  out.Write(", ru_stime=");
  Text(out, usage.stime);
  out.Write(", ...}");
}
std::string_view Field(const char (&text)[65]) {
  size_t length = 0;
  while (length < sizeof(text) && text[length] != '\0') length++;
  return {text, length};
}
void Text(Writer& out, const Utsname& name) {
  out.Write("{sysname=");
  Quoted(out, Field(name.sysname), false);
  out.Write(", nodename=");
  Quoted(out, Field(name.nodename), false);
  out.Write(", ...}");
}
void Text(Writer& out, const Sysinfo& info) {
  Format(out, "{{uptime={}, loads=[{}, {}, {}], totalram={}, freeram={}, sharedram={}, bufferram={}, ", info.uptime, info.loads[0],
         info.loads[1], info.loads[2], info.totalram, info.freeram, info.sharedram, info.bufferram);
  Format(out, "totalswap={}, freeswap={}, procs={}, totalhigh={}, freehigh={}, mem_unit={}}}", info.totalswap, info.freeswap, info.procs,
         info.totalhigh, info.freehigh, info.mem_unit);
}

// --- signals -------------------------------------------------------------------------------------------------------------------
void Text(Writer& out, const Sigaction& action) {
  out.Write("{sa_handler=");
  if (action.handler == kSigDfl) {
    out.Write("SIG_DFL");
  } else if (action.handler == kSigIgn) {
    out.Write("SIG_IGN");
  } else {
    out.Hex(action.handler);
  }
  out.Write(", sa_mask=");
  SignalSet(out, action.mask);
  out.Write(", sa_flags=");
  JoinedFlags(out, kSigactionFlags, action.flags);
  if ((action.flags & kSA_RESTORER) != 0) {
    out.Write(", sa_restorer=");
    out.Address(action.restorer);
  }
  out.Write("}");
}
void Text(Writer& out, const StackT& stack) {
  out.Write("{ss_sp=");
  out.Address(stack.sp);
  out.Write(", ss_flags=");
  JoinedFlags(out, kStackFlags, static_cast<u32>(stack.flags));
  Format(out, ", ss_size={}}}", stack.size);
}
void Text(Writer& out, const Sigevent& event) {
  out.Write("{");
  if (event.value != 0) {
    Format(out, "sigev_value={{sival_int={}, sival_ptr={:#x}}}, ", static_cast<i32>(event.value), event.value);
  }
  out.Write("sigev_signo=");
  SignalText(out, static_cast<u32>(event.signo));
  out.Write(", sigev_notify=");
  NamedOrHex(out, kNotifies, static_cast<u32>(event.notify));
  if (event.notify == kSIGEV_THREAD_ID) Format(out, ", sigev_notify_thread_id={}", event.tid);
  out.Write("}");
}

// --- events --------------------------------------------------------------------------------------------------------------------
template <typename Event>
void EpollText(Writer& out, const Event& event) {
  out.Write("{events=");
  JoinedFlags(out, kEpollEvents, event.events);
  u64 data = event.data;
  Format(out, ", data={{u32={}, u64={}}}}}", static_cast<u32>(data), data);
}
void Text(Writer& out, const x86_64::EpollEvent& event) { EpollText(out, event); }
void Text(Writer& out, const aarch64::EpollEvent& event) { EpollText(out, event); }

// --- the shapes of arguments -----------------------------------------------------------------------------------------------------
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

struct Descriptor {  // one entry of a poll(2) argument before the call
  Pollfd entry;
};
void Text(Writer& out, const Descriptor& descriptor) {
  Format(out, "{{fd={}", descriptor.entry.fd);
  if (descriptor.entry.fd >= 0) {
    out.Write(", events=");
    JoinedFlags(out, kPollEvents, static_cast<u16>(descriptor.entry.events));
  }
  out.Write("}");
}

void Vector(Writer& out, u64 address, u64 count, u64 bytes) {
  Iovec piece;
  if (address == 0 || (count > 0 && !out.Load(address, &piece))) return out.Address(address);
  out.Write("[");
  for (u64 i = 0; i < count; i++) {
    if (i > 0) out.Write(", ");
    if (i == kShownElements || !out.Load(address + i * sizeof(Iovec), &piece)) {
      out.Write("...");
      break;
    }
    u64 there = piece.len < bytes ? piece.len : bytes;
    out.Write("{iov_base=");
    QuotedBuffer(out, piece.base, there);
    Format(out, ", iov_len={}}}", piece.len);
    bytes -= there;
  }
  out.Write("]");
}

u16 NetworkOrder(u16 value) { return static_cast<u16>(value >> 8 | value << 8); }

// An IPv6 address [rfc5952]: hexadecimal groups, the longest run of two or more zero groups, the first of equals, as "::".
void Address6(Writer& out, const u8 (&bytes)[16]) {
  u32 groups[8];
  for (int i = 0; i < 8; i++) groups[i] = static_cast<u32>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  int best = -1, best_length = 1;
  for (int i = 0; i < 8; i++) {
    int length = 0;
    while (i + length < 8 && groups[i + length] == 0) length++;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  for (int i = 0; i < 8; i++) {
    if (i == best) {
      out.Write("::");
      i += best_length - 1;
      continue;
    }
    if (i > 0 && i != best + best_length) out.Write(":");
    Format(out, "{:x}", groups[i]);
  }
}

void SocketAddress(Writer& out, u64 address, u64 length) {
  struct {
    u16 family = 0;
    char data[126] = {};
  } any;
  if (length > sizeof(any)) length = sizeof(any);
  if (address == 0 || length < 2 || !out.memory().Read(address, WritableBytesOf(any).first(length))) return out.Address(address);
  out.Write("{sa_family=");
  (void)WriteScalar(out, Argument::kAddressFamily, any.family, native::kArch);
  if (any.family == kAF_UNIX) {
    out.Write(", sun_path=");
    size_t used = length - 2;
    if (used > 0 && any.data[0] == '\0') {  // an abstract name: all its bytes
      out.Write("@");
      Quoted(out, {any.data + 1, used - 1}, false);
    } else {
      size_t end = 0;
      while (end < used && any.data[end] != '\0') end++;
      Quoted(out, {any.data, end}, false);
    }
  } else if (any.family == kAF_INET && length >= sizeof(SockaddrIn)) {
    SockaddrIn in;
    __builtin_memcpy(&in, &any, sizeof(in));
    Format(out, ", sin_port=htons({}), sin_addr=inet_addr(\"{}.{}.{}.{}\")", NetworkOrder(in.port), in.addr & 0xff,
           (in.addr >> 8) & 0xff, (in.addr >> 16) & 0xff, in.addr >> 24);
  } else if (any.family == kAF_INET6 && length >= sizeof(SockaddrIn6)) {
    SockaddrIn6 in;
    __builtin_memcpy(&in, &any, sizeof(in));
    Format(out, ", sin6_port=htons({}), sin6_flowinfo=htonl({}), inet_pton(AF_INET6, \"", NetworkOrder(in.port),
           __builtin_bswap32(in.flowinfo));
    Address6(out, in.addr);
    Format(out, "\", &sin6_addr), sin6_scope_id={}", in.scope_id);
  } else {
    out.Write(", sa_data=");
    Quoted(out, {any.data, length - 2}, false);
  }
  out.Write("}");
}

void Message(Writer& out, const Context& context, u64 address, bool input) {
  Msghdr header;
  if ((!input && context.failed()) || !out.Load(address, &header)) return out.Address(address);
  out.Write("{msg_name=");
  SocketAddress(out, header.name, header.namelen);
  Format(out, ", msg_namelen={}, msg_iov=", header.namelen);
  Vector(out, header.iov, header.iovlen, input ? ~u64{0} : static_cast<u64>(context.result));
  Format(out, ", msg_iovlen={}", header.iovlen);
  if (header.controllen != 0) {
    out.Write(", msg_control=");
    out.Address(header.control);
  }
  Format(out, ", msg_controllen={}, msg_flags=", header.controllen);
  JoinedFlags(out, kMessageFlags, static_cast<u32>(header.flags));
  out.Write("}");
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
  if (info.signo == kSIGCHLD) Format(out, ", si_pid={}, si_uid={}, si_status={}", info.child.pid, info.child.uid, info.child.status);
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

    case Argument::kStatOut: x86 ? Filled<x86_64::Stat>(out, context, address) : Filled<aarch64::Stat>(out, context, address); break;
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

    case Argument::kPollfds: Elements<Descriptor>(out, address, next & 0xffffffff); break;
    case Argument::kEpollEventIn: x86 ? Structure<x86_64::EpollEvent>(out, address) : Structure<aarch64::EpollEvent>(out, address); break;
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
        Format(out, "{{fd={}, revents=", entry.fd);
        JoinedFlags(out, kPollEvents, static_cast<u16>(entry.revents));
        out.Write("}");
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
