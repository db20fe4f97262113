// Arguments that mean something else for each value of an earlier one: ioctl(2), fcntl(2), prctl(2), futex(2), socket options; and
// clone(2), which strace writes with names and in an order of its own.
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/memory_flags.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/socket_flags.h"
#include "lib/linux_abi/terminal_flags.h"
#include "lib/linux_abi/trace_writer.h"

namespace caponier::linux_abi::internal {
namespace {

CAPONIER_ABI_NAME_TABLE(kLockTypes, CAPONIER_LINUX_LOCK_TYPES)
CAPONIER_ABI_NAME_TABLE(kInputModes, CAPONIER_LINUX_INPUT_MODES)
CAPONIER_ABI_NAME_TABLE(kOutputModes, CAPONIER_LINUX_OUTPUT_MODES)
CAPONIER_ABI_NAME_TABLE(kControlModes, CAPONIER_LINUX_CONTROL_MODES)
CAPONIER_ABI_NAME_TABLE(kCharacterSizes, CAPONIER_LINUX_CHARACTER_SIZES)
CAPONIER_ABI_NAME_TABLE(kBaudRates, CAPONIER_LINUX_BAUD_RATES)
CAPONIER_ABI_NAME_TABLE(kLocalModes, CAPONIER_LINUX_LOCAL_MODES)

u64 Low(u64 value) { return value & 0xffffffff; }

void PointedNumber(Writer& out, u64 address) {
  i32 value = 0;
  if (!out.Load(address, &value)) return out.Address(address);
  Format(out, "[{}]", value);
}

// --- ioctl ---------------------------------------------------------------------------------------------------------------------
bool IoctlFillsIn(u64 request) {
  return request == kTCGETS || request == kTIOCGWINSZ || request == kFIONREAD || request == kTIOCGPGRP || request == kTIOCGPTN ||
         request == kTIOCOUTQ || request == kTIOCGSID;
}

// Two fields, each one value of a list, and flags.
void ControlModes(Writer& out, u64 modes) {
  std::string_view rate = NameOf(kBaudRates, modes & kCBAUD);
  if (rate.empty()) {
    out.Hex(modes & kCBAUD);
  } else {
    out.Write(rate);
  }
  out.Write("|");
  out.Write(NameOf(kCharacterSizes, modes & kCSIZE));
  bool first = false;
  u64 rest = WriteFlags(out, kControlModes, modes & ~u64{kCBAUD | kCSIZE}, &first);
  if (rest != 0) Format(out, "|{:#x}", rest);
}

void IoctlArgument(Writer& out, const Context& context, u64 address) {
  u64 request = Low(context.argument(1));
  if (IoctlFillsIn(request) && context.failed()) return out.Address(address);
  switch (request) {
    case kTCGETS:
    case kTCSETS:
    case kTCSETSW:
    case kTCSETSF: {
      Termios mode;
      if (!out.Load(address, &mode)) return out.Address(address);
      out.Write("{c_iflag=");
      FlagsText(out, kInputModes, mode.iflag);
      out.Write(", c_oflag=");
      FlagsText(out, kOutputModes, mode.oflag);
      out.Write(", c_cflag=");
      ControlModes(out, mode.cflag);
      out.Write(", c_lflag=");
      FlagsText(out, kLocalModes, mode.lflag);
      return out.Write(", ...}");
    }
    case kTIOCGWINSZ:
    case kTIOCSWINSZ: {
      Winsize size;
      if (!out.Load(address, &size)) return out.Address(address);
      return Format(out, "{{ws_row={}, ws_col={}, ws_xpixel={}, ws_ypixel={}}}", size.row, size.col, size.xpixel, size.ypixel);
    }
    case kFIONREAD:
    case kFIONBIO:
    case kFIOASYNC:
    case kTIOCGPGRP:
    case kTIOCSPGRP:
    case kTIOCGPTN:
    case kTIOCSPTLCK:
    case kTIOCOUTQ:
    case kTIOCGSID: return PointedNumber(out, address);
    default: return out.Hex(address);
  }
}

// --- fcntl ---------------------------------------------------------------------------------------------------------------------
bool FcntlTakesNothing(u64 command) {
  return command == kF_GETFD || command == kF_GETFL || command == kF_GETOWN || command == kF_GETSIG || command == kF_GETLEASE ||
         command == kF_GETPIPE_SZ || command == kF_GET_SEALS;
}

void FcntlArgument(Writer& out, const Context& context, u64 argument) {
  switch (Low(context.argument(1))) {
    case kF_DUPFD:
    case kF_DUPFD_CLOEXEC:
    case kF_SETOWN:
    case kF_SETPIPE_SZ: return out.Signed(static_cast<i32>(argument));
    case kF_SETFD: return out.Write(Low(argument) == kFD_CLOEXEC ? "FD_CLOEXEC" : Low(argument) == 0 ? "0" : "FD_CLOEXEC|0x2");
    case kF_SETFL: return OpenFlags(out, Low(argument), context.call.arch);
    case kF_SETSIG: return SignalText(out, Low(argument));
    case kF_GETLK:
    case kF_SETLK:
    case kF_SETLKW:
    case kF_OFD_GETLK:
    case kF_OFD_SETLK:
    case kF_OFD_SETLKW: {
      Flock lock;
      if (!out.Load(argument, &lock)) return out.Address(argument);
      out.Write("{l_type=");
      std::string_view type = NameOf(kLockTypes, static_cast<u16>(lock.type));
      if (type.empty()) {
        out.Signed(lock.type);
      } else {
        out.Write(type);
      }
      out.Write(", l_whence=");
      (void)WriteScalar(out, Argument::kWhence, static_cast<u16>(lock.whence), context.call.arch);
      Format(out, ", l_start={}, l_len={}", lock.start, lock.len);
      u64 command = Low(context.argument(1));
      if (command == kF_GETLK || command == kF_OFD_GETLK) Format(out, ", l_pid={}", lock.pid);
      return out.Write("}");
    }
    default: return out.Hex(argument);
  }
}

// --- prctl ---------------------------------------------------------------------------------------------------------------------
size_t PrctlArguments(u64 option) {
  switch (option) {
    case kPR_GET_DUMPABLE:
    case kPR_GET_KEEPCAPS:
    case kPR_GET_SECUREBITS:
    case kPR_GET_TIMERSLACK:
    case kPR_GET_SECCOMP: return 1;
    case kPR_SET_NAME:
    case kPR_GET_NAME:
    case kPR_SET_PDEATHSIG:
    case kPR_GET_PDEATHSIG:
    case kPR_SET_DUMPABLE:
    case kPR_SET_KEEPCAPS:
    case kPR_CAPBSET_READ:
    case kPR_CAPBSET_DROP:
    case kPR_SET_SECUREBITS:
    case kPR_SET_TIMERSLACK:
    case kPR_SET_CHILD_SUBREAPER:
    case kPR_GET_CHILD_SUBREAPER:
    case kPR_GET_TID_ADDRESS: return 2;
    default: return 5;
  }
}

void PrctlArgument(Writer& out, const Context& context, u64 argument) {
  switch (Low(context.argument(0))) {
    case kPR_SET_NAME: return QuotedString(out, argument);
    case kPR_GET_NAME: return context.failed() ? out.Address(argument) : QuotedString(out, argument);
    case kPR_SET_PDEATHSIG: return SignalText(out, Low(argument));
    case kPR_SET_DUMPABLE:
    case kPR_SET_NO_NEW_PRIVS:
    case kPR_SET_KEEPCAPS:
    case kPR_SET_TIMERSLACK:
    case kPR_SET_CHILD_SUBREAPER: return out.Unsigned(argument);
    case kPR_SET_TAGGED_ADDR_CTRL: return ControlledFlags(out, argument);
    case kPR_SET_VMA: return out.Write(argument == kPR_SET_VMA_ANON_NAME ? "PR_SET_VMA_ANON_NAME" : "PR_SET_VMA_???");
    default: return out.Hex(argument);
  }
}

// --- socket options --------------------------------------------------------------------------------------------------------------
void OptionValue(Writer& out, const Context& context, u64 address, u64 length) {
  u64 level = Low(context.argument(1)), option = Low(context.argument(2));
  if (level == kSOL_SOCKET && option == kSO_LINGER && length == sizeof(Linger)) {
    Linger linger;
    if (!out.Load(address, &linger)) return out.Address(address);
    return Format(out, "{{l_onoff={}, l_linger={}}}", linger.onoff, linger.linger);
  }
  if (level == kSOL_SOCKET && (option == kSO_RCVTIMEO || option == kSO_SNDTIMEO) && length == sizeof(Timeval)) {
    Timeval time;
    if (!out.Load(address, &time)) return out.Address(address);
    return Format(out, "{{tv_sec={}, tv_usec={}}}", time.sec, time.usec);
  }
  if (length == sizeof(i32)) return PointedNumber(out, address);
  QuotedBuffer(out, address, length);
}

// --- clone ---------------------------------------------------------------------------------------------------------------------
// The order of the last two arguments differs: x86-64 has the child's tid pointer before the thread pointer.
u64 ThreadPointerOf(const Context& context) { return context.argument(context.call.arch == Arch::kX86_64 ? 4 : 3); }
u64 ChildTidOf(const Context& context) { return context.argument(context.call.arch == Arch::kX86_64 ? 3 : 4); }

void CloneFlagsAndSignal(Writer& out, u64 flags) {
  u64 signal = flags & kCSIGNAL, bits = flags & 0xffffffff & ~u64{kCSIGNAL};
  if (bits != 0 || signal == 0) CloneFlags(out, bits);
  if (signal == 0) return;
  if (bits != 0) out.Write("|");
  SignalText(out, signal);
}

void Clone3Arguments(Writer& out, const Context& context, u64 address) {
  u64 size = context.argument(1);
  CloneArgs args;
  if (address == 0 || size < kCloneArgsSizeVersion0 ||
      !out.memory().Read(address, WritableBytesOf(args).first(kCloneArgsSizeVersion0))) {
    return out.Address(address);
  }
  out.Write("{flags=");
  CloneFlags(out, args.flags);
  if ((args.flags & kCLONE_PIDFD) != 0) Format(out, ", pidfd={:#x}", args.pidfd);
  if ((args.flags & (kCLONE_CHILD_SETTID | kCLONE_CHILD_CLEARTID)) != 0) Format(out, ", child_tid={:#x}", args.child_tid);
  if ((args.flags & kCLONE_PARENT_SETTID) != 0) Format(out, ", parent_tid={:#x}", args.parent_tid);
  out.Write(", exit_signal=");
  SignalText(out, args.exit_signal);
  out.Write(", stack=");
  out.Address(args.stack);
  out.Write(", stack_size=");
  out.Hex(args.stack_size);
  if ((args.flags & kCLONE_SETTLS) != 0) {
    out.Write(", tls=");
    out.Address(args.tls);
  }
  out.Write("}");
  i32 tid = 0;
  if (!context.failed() && (args.flags & kCLONE_PARENT_SETTID) != 0 && out.Load(args.parent_tid, &tid)) {
    Format(out, " => {{parent_tid=[{}]}}", tid);
  }
}

u64 FutexCommand(const Context& context) { return Low(context.argument(1)) & ~u64{kFUTEX_PRIVATE_FLAG | kFUTEX_CLOCK_REALTIME}; }

}  // namespace

void CloneEntry(Writer& out, const Context& context) {
  out.Write("child_stack=");
  out.Address(context.argument(1));
  out.Write(", flags=");
  CloneFlagsAndSignal(out, context.argument(0));
}

void CloneExit(Writer& out, const Context& context) {
  u64 flags = context.argument(0);
  if ((flags & (kCLONE_PARENT_SETTID | kCLONE_PIDFD)) != 0) {
    out.Write(", parent_tid=");
    if (context.failed()) {
      out.Address(context.argument(2));
    } else {
      PointedNumber(out, context.argument(2));
    }
  }
  if ((flags & kCLONE_SETTLS) != 0) {
    out.Write(", tls=");
    out.Hex(ThreadPointerOf(context));
  }
  if ((flags & (kCLONE_CHILD_SETTID | kCLONE_CHILD_CLEARTID)) != 0) {
    out.Write(", child_tidptr=");
    out.Hex(ChildTidOf(context));
  }
}

void WriteDependent(Writer& out, const Context& context, Argument kind, size_t index) {
  const u64 value = context.argument(index);
  switch (kind) {
    case Argument::kIoctlArgument: return IoctlArgument(out, context, value);
    case Argument::kFcntlArgument: return FcntlArgument(out, context, value);
    case Argument::kPrctlArgument: return PrctlArgument(out, context, value);
    case Argument::kSocketOption: return SocketOptionName(out, Low(context.argument(1)), Low(value));
    case Argument::kSocketProtocol: return SocketProtocolName(out, Low(context.argument(0)), Low(value));
    case Argument::kOptionIn: return OptionValue(out, context, value, Low(context.argument(4)));
    case Argument::kOptionOut: {
      u32 length = 0;
      if (context.failed() || !out.Load(context.argument(4), &length)) return out.Address(value);
      return OptionValue(out, context, value, length);
    }
    case Argument::kCloneFlags: return CloneFlagsAndSignal(out, value);
    case Argument::kCloneArguments: return Clone3Arguments(out, context, value);
    case Argument::kFutexTimeout: {
      u64 command = FutexCommand(context);
      if (command == kFUTEX_REQUEUE || command == kFUTEX_CMP_REQUEUE || command == kFUTEX_CMP_REQUEUE_PI ||
          command == kFUTEX_WAKE_OP) {
        return out.Unsigned(Low(value));  // a count there
      }
      Timespec time;
      if (!out.Load(value, &time)) return out.Address(value);
      return ClockedTime(out, time);
    }
    case Argument::kFutexBits: {
      u64 command = FutexCommand(context);
      bool is_set = command == kFUTEX_WAIT_BITSET || command == kFUTEX_WAKE_BITSET;
      if (is_set && Low(value) == kFUTEX_BITSET_MATCH_ANY) return out.Write("FUTEX_BITSET_MATCH_ANY");
      return out.Hex(Low(value));
    }
    case Argument::kSignalFrame:  // rt_sigreturn(2) takes nothing from registers
      return out.Write("");
    default: return out.Hex(value);
  }
}

size_t ArgumentsShown(const Context& context, size_t count) {
  switch (context.syscall) {
    case Syscall::open:
    case Syscall::openat: {  // the mode of a file that may be made
      u64 flags = context.argument(count - 2);
      return (flags & (kO_CREAT | k__O_TMPFILE)) != 0 ? count : count - 1;
    }
    case Syscall::mknod:
    case Syscall::mknodat: {
      u64 type = context.argument(count - 2) & kS_IFMT;
      return type == kS_IFCHR || type == kS_IFBLK ? count : count - 1;
    }
    case Syscall::fcntl: return FcntlTakesNothing(Low(context.argument(1))) ? 2 : 3;
    case Syscall::prctl: return PrctlArguments(Low(context.argument(0)));
    case Syscall::rt_sigreturn: return 0;
    case Syscall::mremap: return (context.argument(3) & (kMREMAP_FIXED | kMREMAP_DONTUNMAP)) != 0 ? 5 : 4;
    case Syscall::futex:
      switch (FutexCommand(context)) {
        case kFUTEX_WAKE: return 3;
        case kFUTEX_WAIT: return 4;
        case kFUTEX_REQUEUE: return 5;
        case kFUTEX_LOCK_PI:
        case kFUTEX_LOCK_PI2: return 4;
        case kFUTEX_UNLOCK_PI:
        case kFUTEX_TRYLOCK_PI: return 2;
        default: return 6;
      }
    default: return count;
  }
}

bool IsSkipped(const Context& context, Argument kind, size_t index) {
  if (kind == Argument::kSkippedHalf) return true;
  if (context.syscall != Syscall::futex) return false;
  u64 command = FutexCommand(context);
  if (command == kFUTEX_LOCK_PI || command == kFUTEX_LOCK_PI2) return index == 2;
  if (command == kFUTEX_WAIT_BITSET) return index == 4;
  return command == kFUTEX_WAKE_BITSET && (index == 3 || index == 4);
}

bool IsOutput(const Context& context, Argument kind, size_t index) {
  switch (kind) {
    case Argument::kOutBuffer:
    case Argument::kOutHexBuffer:
    case Argument::kIovecOut:
    case Argument::kCpuSetOut:
    case Argument::kDirentsOut:
    case Argument::kEpollEventsOut:
    case Argument::kIntInOut:
    case Argument::kIntOut:
    case Argument::kItimerspecOut:
    case Argument::kItimervalOut:
    case Argument::kLongInOut:
    case Argument::kLongOut:
    case Argument::kMsghdrOut:
    case Argument::kOptionOut:
    case Argument::kRlimitOut:
    case Argument::kRusageOut:
    case Argument::kSigactionOut:
    case Argument::kSiginfoOut:
    case Argument::kSigsetOut:
    case Argument::kSockaddrOut:
    case Argument::kStackOut:
    case Argument::kStatOut:
    case Argument::kStatfsOut:
    case Argument::kStatxOut:
    case Argument::kSysinfoOut:
    case Argument::kTimespecOut:
    case Argument::kTimespecRemaining:
    case Argument::kTimevalOut:
    case Argument::kTmsOut:
    case Argument::kTwoIntsOut:
    case Argument::kUtsnameOut:
    case Argument::kWaitStatusOut:
    case Argument::kCloneArguments: return true;
    case Argument::kIoctlArgument: return IoctlFillsIn(Low(context.argument(1)));
    case Argument::kFcntlArgument: return Low(context.argument(1)) == kF_GETLK || Low(context.argument(1)) == kF_OFD_GETLK;
    case Argument::kPrctlArgument: return Low(context.argument(0)) == kPR_GET_NAME;
    case Argument::kPointer:  // the word that arch_prctl(ARCH_GET_FS) fills in
      return context.syscall == Syscall::arch_prctl && index == 1 &&
             (context.argument(0) == x86_64::kARCH_GET_FS || context.argument(0) == x86_64::kARCH_GET_GS);
    default: return false;
  }
}

void FcntlResult(Writer& out, const Context& context) {
  u64 command = Low(context.argument(1)), result = static_cast<u64>(context.result);
  if (command == kF_GETFL) {
    out.Hex(result);
    out.Write(" (flags ");
    OpenFlags(out, result, context.call.arch);
    out.Write(")");
  } else if (command == kF_GETFD && result != 0) {
    out.Hex(result);
    out.Write(" (flags FD_CLOEXEC)");
  } else {
    out.Signed(context.result);
  }
}

}  // namespace caponier::linux_abi::internal
