// Arguments whose text depends on their number alone: integers, one value out of a list, and flags.
//
// strace's conventions: an unknown value is its number with the list's prefix in a comment (0x3e7 /* F_??? */), unknown flags are
// a number after the known ones, no flags at all are 0 unless that has a name.
#include "lib/linux_abi/event_flags.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/memory_flags.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/socket_flags.h"
#include "lib/linux_abi/terminal_flags.h"
#include "lib/linux_abi/trace_writer.h"

namespace caponier::linux_abi::internal {
namespace {

CAPONIER_ABI_NAME_TABLE(kAccessModes, CAPONIER_LINUX_ACCESS_MODES)
CAPONIER_ABI_NAME_TABLE(kAddressFamilies, CAPONIER_LINUX_ADDRESS_FAMILIES)
CAPONIER_ABI_NAME_TABLE(kAdvices, CAPONIER_LINUX_ADVICE)
CAPONIER_ABI_NAME_TABLE(kArchPrctlCodes, CAPONIER_LINUX_ARCH_PRCTL_CODES_X86_64)
CAPONIER_ABI_NAME_TABLE(kAtFlags, CAPONIER_LINUX_AT_FLAGS)
CAPONIER_ABI_NAME_TABLE(kClocks, CAPONIER_LINUX_CLOCKS)
CAPONIER_ABI_NAME_TABLE(kCloneFlags, CAPONIER_LINUX_CLONE_FLAGS)
CAPONIER_ABI_NAME_TABLE(kCloseRangeFlags, CAPONIER_LINUX_CLOSE_RANGE_FLAGS)
CAPONIER_ABI_NAME_TABLE(kEpollFlags, CAPONIER_LINUX_EPOLL_FLAGS)
CAPONIER_ABI_NAME_TABLE(kEpollOperations, CAPONIER_LINUX_EPOLL_OPERATIONS)
CAPONIER_ABI_NAME_TABLE(kEventfdFlags, CAPONIER_LINUX_EVENTFD_FLAGS)
CAPONIER_ABI_NAME_TABLE(kFadvise, CAPONIER_LINUX_FADVISE)
CAPONIER_ABI_NAME_TABLE(kFallocateFlags, CAPONIER_LINUX_FALLOCATE_FLAGS)
CAPONIER_ABI_NAME_TABLE(kFcntlCommands, CAPONIER_LINUX_FCNTL_COMMANDS)
CAPONIER_ABI_NAME_TABLE(kFlockOperations, CAPONIER_LINUX_FLOCK_OPERATIONS)
CAPONIER_ABI_NAME_TABLE(kFutexCommands, CAPONIER_LINUX_FUTEX_COMMANDS)
CAPONIER_ABI_NAME_TABLE(kInotifyEvents, CAPONIER_LINUX_INOTIFY_EVENTS)
CAPONIER_ABI_NAME_TABLE(kInotifyFlags, CAPONIER_LINUX_INOTIFY_FLAGS)
CAPONIER_ABI_NAME_TABLE(kIntervalTimers, CAPONIER_LINUX_INTERVAL_TIMERS)
CAPONIER_ABI_NAME_TABLE(kIoctls, CAPONIER_LINUX_IOCTLS)
CAPONIER_ABI_NAME_TABLE(kIpProtocols, CAPONIER_LINUX_IP_PROTOCOLS)
CAPONIER_ABI_NAME_TABLE(kMapFlags, CAPONIER_LINUX_MAP_FLAGS)
CAPONIER_ABI_NAME_TABLE(kMapFlagsX86, CAPONIER_LINUX_MAP_FLAGS_X86_64)
CAPONIER_ABI_NAME_TABLE(kMapTypes, CAPONIER_LINUX_MAP_TYPES)
CAPONIER_ABI_NAME_TABLE(kMembarrierCommands, CAPONIER_LINUX_MEMBARRIER_COMMANDS)
CAPONIER_ABI_NAME_TABLE(kMemfdFlags, CAPONIER_LINUX_MEMFD_FLAGS)
CAPONIER_ABI_NAME_TABLE(kMessageFlags, CAPONIER_LINUX_MESSAGE_FLAGS)
CAPONIER_ABI_NAME_TABLE(kMlockFlags, CAPONIER_LINUX_MLOCK_FLAGS)
CAPONIER_ABI_NAME_TABLE(kMlockallFlags, CAPONIER_LINUX_MLOCKALL_FLAGS)
CAPONIER_ABI_NAME_TABLE(kMremapFlags, CAPONIER_LINUX_MREMAP_FLAGS)
CAPONIER_ABI_NAME_TABLE(kMsyncFlags, CAPONIER_LINUX_MSYNC_FLAGS)
CAPONIER_ABI_NAME_TABLE(kOpenFlags, CAPONIER_LINUX_OPEN_FLAGS)
CAPONIER_ABI_NAME_TABLE(kPkeyRights, CAPONIER_LINUX_PKEY_RIGHTS)
CAPONIER_ABI_NAME_TABLE(kPrctlOptions, CAPONIER_LINUX_PRCTL_OPTIONS)
CAPONIER_ABI_NAME_TABLE(kPriorityWhich, CAPONIER_LINUX_PRIORITY_WHICH)
CAPONIER_ABI_NAME_TABLE(kProtections, CAPONIER_LINUX_PROTECTIONS)
CAPONIER_ABI_NAME_TABLE(kProtectionsArm, CAPONIER_LINUX_PROTECTIONS_AARCH64)
CAPONIER_ABI_NAME_TABLE(kRandomFlags, CAPONIER_LINUX_RANDOM_FLAGS)
CAPONIER_ABI_NAME_TABLE(kRebootCommands, CAPONIER_LINUX_REBOOT_COMMANDS)
CAPONIER_ABI_NAME_TABLE(kRenameFlags, CAPONIER_LINUX_RENAME_FLAGS)
CAPONIER_ABI_NAME_TABLE(kResources, CAPONIER_LINUX_RESOURCES)
CAPONIER_ABI_NAME_TABLE(kRseqFlags, CAPONIER_LINUX_RSEQ_FLAGS)
CAPONIER_ABI_NAME_TABLE(kRwfFlags, CAPONIER_LINUX_RWF_FLAGS)
CAPONIER_ABI_NAME_TABLE(kSchedulers, CAPONIER_LINUX_SCHEDULERS)
CAPONIER_ABI_NAME_TABLE(kSeccompOperations, CAPONIER_LINUX_SECCOMP_OPERATIONS)
CAPONIER_ABI_NAME_TABLE(kShutdownHow, CAPONIER_LINUX_SHUTDOWN_HOW)
CAPONIER_ABI_NAME_TABLE(kSignalfdFlags, CAPONIER_LINUX_SIGNALFD_FLAGS)
CAPONIER_ABI_NAME_TABLE(kSigmaskHow, CAPONIER_LINUX_SIGPROCMASK_HOW)
CAPONIER_ABI_NAME_TABLE(kSocketFlags, CAPONIER_LINUX_SOCKET_FLAGS)
CAPONIER_ABI_NAME_TABLE(kSocketLevels, CAPONIER_LINUX_SOCKET_LEVELS)
CAPONIER_ABI_NAME_TABLE(kSocketOptions, CAPONIER_LINUX_SOCKET_OPTIONS)
CAPONIER_ABI_NAME_TABLE(kSocketTypes, CAPONIER_LINUX_SOCKET_TYPES)
CAPONIER_ABI_NAME_TABLE(kStatxMask, CAPONIER_LINUX_STATX_MASK)
CAPONIER_ABI_NAME_TABLE(kTcpOptions, CAPONIER_LINUX_TCP_OPTIONS)
CAPONIER_ABI_NAME_TABLE(kTimerFlags, CAPONIER_LINUX_TIMER_FLAGS)
CAPONIER_ABI_NAME_TABLE(kTimerfdFlags, CAPONIER_LINUX_TIMERFD_FLAGS)
CAPONIER_ABI_NAME_TABLE(kTimerfdSetFlags, CAPONIER_LINUX_TIMERFD_SET_FLAGS)
CAPONIER_ABI_NAME_TABLE(kUsageWho, CAPONIER_LINUX_USAGE_WHO)
CAPONIER_ABI_NAME_TABLE(kWaitOptions, CAPONIER_LINUX_WAIT_OPTIONS)
CAPONIER_ABI_NAME_TABLE(kWaitTypes, CAPONIER_LINUX_WAIT_TYPES)
CAPONIER_ABI_NAME_TABLE(kWhences, CAPONIER_LINUX_WHENCE)

// The flags of open(2) that differ, under the same names.
#define CAPONIER_ABI_OPEN_X86_64_VALUE(name, x86_64_value, aarch64_value) x86_64_value,
#define CAPONIER_ABI_OPEN_AARCH64_VALUE(name, x86_64_value, aarch64_value) aarch64_value,
constexpr u32 kOpenFlagsX86Values[] = {CAPONIER_LINUX_OPEN_FLAGS_BY_ARCH(CAPONIER_ABI_OPEN_X86_64_VALUE)};
constexpr u32 kOpenFlagsArmValues[] = {CAPONIER_LINUX_OPEN_FLAGS_BY_ARCH(CAPONIER_ABI_OPEN_AARCH64_VALUE)};
constexpr char kOpenFlagsByArchNames[] = CAPONIER_LINUX_OPEN_FLAGS_BY_ARCH(CAPONIER_ABI_TABLE_NAME);

// Arguments that are one value of a list, with the prefix of its names.
struct ValueKind {
  Argument kind;
  const NameTable& table;
  char prefix[20];
};
constexpr ValueKind kValueKinds[] = {
    {Argument::kAddressFamily, kAddressFamilies, "AF_"},
    {Argument::kAdvice, kAdvices, "MADV_"},
    {Argument::kArchPrctlCode, kArchPrctlCodes, "ARCH_"},
    {Argument::kClock, kClocks, "CLOCK_"},
    {Argument::kEpollOperation, kEpollOperations, "EPOLL_CTL_"},
    {Argument::kFcntlCommand, kFcntlCommands, "F_"},
    {Argument::kFileAdvice, kFadvise, "POSIX_FADV_"},
    {Argument::kIntervalTimer, kIntervalTimers, "ITIMER_"},
    {Argument::kMembarrierCommand, kMembarrierCommands, "MEMBARRIER_CMD_"},
    {Argument::kPrctlOption, kPrctlOptions, "PR_"},
    {Argument::kPriorityWhich, kPriorityWhich, "PRIO_"},
    {Argument::kRebootCommand, kRebootCommands, "LINUX_REBOOT_CMD_"},
    {Argument::kResource, kResources, "RLIMIT_"},
    {Argument::kSeccompOperation, kSeccompOperations, "SECCOMP_SET_MODE_"},
    {Argument::kShutdownHow, kShutdownHow, "SHUT_"},
    {Argument::kSigmaskHow, kSigmaskHow, "SIG_"},
    {Argument::kSocketLevel, kSocketLevels, "SOL_"},
    {Argument::kUsageWho, kUsageWho, "RUSAGE_"},
    {Argument::kWaitType, kWaitTypes, "P_"},
    {Argument::kWhence, kWhences, "SEEK_"},
};

// Arguments that are flags and nothing else.
struct FlagsKind {
  Argument kind;
  const NameTable& table;
};
constexpr FlagsKind kFlagsKinds[] = {
    {Argument::kAtFlags, kAtFlags},
    {Argument::kCloseRangeFlags, kCloseRangeFlags},
    {Argument::kEpollFlags, kEpollFlags},
    {Argument::kEventfdFlags, kEventfdFlags},
    {Argument::kFallocateFlags, kFallocateFlags},
    {Argument::kFlockOperation, kFlockOperations},
    {Argument::kInotifyEvents, kInotifyEvents},
    {Argument::kInotifyFlags, kInotifyFlags},
    {Argument::kMemfdFlags, kMemfdFlags},
    {Argument::kMessageFlags, kMessageFlags},
    {Argument::kMlockFlags, kMlockFlags},
    {Argument::kMlockallFlags, kMlockallFlags},
    {Argument::kMremapFlags, kMremapFlags},
    {Argument::kMsyncFlags, kMsyncFlags},
    {Argument::kOpenFlagsAlone, kOpenFlags},
    {Argument::kPkeyRights, kPkeyRights},
    {Argument::kRandomFlags, kRandomFlags},
    {Argument::kRenameFlags, kRenameFlags},
    {Argument::kRseqFlags, kRseqFlags},
    {Argument::kRwfFlags, kRwfFlags},
    {Argument::kSignalfdFlags, kSignalfdFlags},
    {Argument::kSocketFlags, kSocketFlags},
    {Argument::kTimerFlags, kTimerFlags},
    {Argument::kTimerfdFlags, kTimerfdFlags},
    {Argument::kTimerfdSetFlags, kTimerfdSetFlags},
    {Argument::kWaitOptions, kWaitOptions},
};

void Value(Writer& out, const NameTable& table, u64 value, std::string_view prefix) {
  std::string_view name = NameOf(table, value);
  if (!name.empty()) return out.Write(name);
  Format(out, "{:#x} /* {}??? */", value, prefix);
}

// A value in the bits of `mask`, and flags beside it.
void ValueAndFlags(Writer& out, const NameTable& values, u64 mask, const NameTable& flags, u64 value, std::string_view prefix) {
  Value(out, values, value & mask, prefix);
  if ((value & ~mask) == 0) return;
  out.Write("|");
  FlagsText(out, flags, value & ~mask);
}

void MapFlagsText(Writer& out, u64 flags, Arch arch) {
  u64 type = flags & kMAP_TYPE;
  if (type == 0) {
    out.Write("MAP_FILE");
  } else {
    Value(out, kMapTypes, type, "MAP_");
  }
  bool first = false;
  u64 rest = WriteFlags(out, kMapFlags, flags & ~type, &first);
  if (arch == Arch::kX86_64) rest = WriteFlags(out, kMapFlagsX86, rest, &first);
  if (rest != 0) {
    out.Write("|");
    out.Hex(rest);
  }
}

void ProtectionText(Writer& out, u64 protection, Arch arch) {
  bool first = true;
  u64 rest = WriteFlags(out, kProtections, protection, &first);
  if (arch == Arch::kAarch64) rest = WriteFlags(out, kProtectionsArm, rest, &first);
  if (first && rest == 0) return out.Write("PROT_NONE");
  if (rest == 0) return;
  if (!first) out.Write("|");
  out.Hex(rest);
}

void FutexOperationText(Writer& out, u64 operation) {
  constexpr u64 kModifiers = kFUTEX_PRIVATE_FLAG | kFUTEX_CLOCK_REALTIME;
  Value(out, kFutexCommands, operation & ~kModifiers, "FUTEX_");
  if ((operation & kFUTEX_PRIVATE_FLAG) != 0) out.Write("_PRIVATE");
  if ((operation & kFUTEX_CLOCK_REALTIME) != 0) out.Write("|FUTEX_CLOCK_REALTIME");
}

void StatxMaskText(Writer& out, u64 mask) {
  bool first = true;
  for (auto [value, name] :
       {std::pair<u64, std::string_view>{kSTATX_ALL, "STATX_ALL"}, {kSTATX_BASIC_STATS, "STATX_BASIC_STATS"}}) {
    if ((mask & value) != value) continue;
    out.Write(name);
    mask &= ~value;
    first = false;
    break;
  }
  u64 rest = WriteFlags(out, kStatxMask, mask, &first);
  if (rest != 0 || first) {
    if (!first) out.Write("|");
    out.Hex(rest);
  }
}

void StatxFlagsText(Writer& out, u64 flags) {
  constexpr u64 kSync = kAT_STATX_FORCE_SYNC | kAT_STATX_DONT_SYNC;
  out.Write((flags & kSync) == 0                      ? "AT_STATX_SYNC_AS_STAT"
            : (flags & kSync) == kAT_STATX_FORCE_SYNC ? "AT_STATX_FORCE_SYNC"
                                                      : "AT_STATX_DONT_SYNC");
  if ((flags & ~kSync) == 0) return;
  out.Write("|");
  FlagsText(out, kAtFlags, flags & ~kSync);
}

bool WriteListed(Writer& out, Argument kind, u64 value) {
  for (const ValueKind& entry : kValueKinds) {
    if (entry.kind != kind) continue;
    Value(out, entry.table, value, entry.prefix);
    return true;
  }
  for (const FlagsKind& entry : kFlagsKinds) {
    if (entry.kind != kind) continue;
    FlagsText(out, entry.table, value);
    return true;
  }
  return false;
}

void SchedulerText(Writer& out, u64 policy) {
  if (policy == kSCHED_NORMAL) return out.Write("SCHED_OTHER");
  Value(out, kSchedulers, policy, "SCHED_");
}

}  // namespace

u64 WriteFlags(Writer& out, const NameTable& table, u64 value, bool* first) {
  ForEachName(table, [&](u32 flag, std::string_view name) {
    if (flag == 0 || (value & flag) != flag) return false;
    if (!*first) out.Write("|");
    *first = false;
    out.Write(name);
    value &= ~u64{flag};
    return value == 0;
  });
  return value;
}

void FlagsText(Writer& out, const NameTable& table, u64 value, std::string_view none) {
  bool first = true;
  u64 rest = WriteFlags(out, table, value, &first);
  if (first && rest == 0) return out.Write(none);
  if (rest == 0) return;
  if (!first) out.Write("|");
  out.Hex(rest);
}

void CloneFlags(Writer& out, u64 flags) { FlagsText(out, kCloneFlags, flags); }

void OpenFlags(Writer& out, u64 flags, Arch arch) {
  constexpr std::string_view kModes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
  out.Write(kModes[flags & kO_ACCMODE]);
  u64 rest = flags & ~u64{kO_ACCMODE};
  // Flags that contain others: taken out first, so that they are not written twice.
  u64 temporary = arch == Arch::kX86_64 ? x86_64::kO_TMPFILE : aarch64::kO_TMPFILE;
  bool is_temporary = (rest & temporary) == temporary, is_sync = (rest & kO_SYNC) == kO_SYNC;
  if (is_temporary) rest &= ~temporary;
  if (is_sync) rest &= ~u64{kO_SYNC};
  bool first = false;
  rest = WriteFlags(out, kOpenFlags, rest, &first);
  const u32* values = arch == Arch::kX86_64 ? kOpenFlagsX86Values : kOpenFlagsArmValues;
  rest = WriteFlags(out, {values, kOpenFlagsByArchNames, sizeof(kOpenFlagsX86Values) / sizeof(u32)}, rest, &first);
  if (is_sync) out.Write("|O_SYNC");
  if (is_temporary) out.Write("|O_TMPFILE");
  if (rest != 0) Format(out, "|{:#x}", rest);
}

void SocketOptionName(Writer& out, u64 level, u64 option) {
  if (level == kSOL_SOCKET) {
    Value(out, kSocketOptions, option, "SO_");
  } else if (level == kSOL_TCP) {
    Value(out, kTcpOptions, option, "TCP_");
  } else {
    out.Hex(option);
  }
}

void SocketProtocolName(Writer& out, u64 family, u64 protocol) {
  if (family == kAF_INET || family == kAF_INET6) {
    Value(out, kIpProtocols, protocol, "IPPROTO_");
  } else {
    out.Unsigned(protocol);
  }
}

bool WriteScalar(Writer& out, Argument kind, u64 value, Arch arch) {
  const u64 low = value & 0xffffffff;  // an int or unsigned argument; the upper half is not the program's to define
  const auto number = static_cast<i32>(low);
  switch (kind) {
    case Argument::kInt:
    case Argument::kFd: out.Signed(number); break;
    case Argument::kUInt: out.Unsigned(low); break;
    case Argument::kLong: out.Signed(static_cast<i64>(value)); break;
    case Argument::kSize: out.Unsigned(value); break;
    case Argument::kHex: out.Hex(value); break;
    case Argument::kPointer: out.Address(value); break;
    case Argument::kMode: out.Octal(low, 3); break;
    case Argument::kFileMode: FileMode(out, value); break;
    case Argument::kDevice: Format(out, "makedev({:#x}, {:#x})", DeviceMajor(value), DeviceMinor(value)); break;
    case Argument::kDirFd:
      if (number == kAT_FDCWD) {
        out.Write("AT_FDCWD");
      } else {
        out.Signed(number);
      }
      break;
    case Argument::kSignal: SignalText(out, low); break;

    case Argument::kAccessMode: FlagsText(out, kAccessModes, low, "F_OK"); break;
    case Argument::kIoctlRequest:
      if (std::string_view name = NameOf(kIoctls, low); !name.empty()) {
        out.Write(name);
      } else {
        constexpr std::string_view kDirections[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};
        Format(out, "_IOC({}, {:#x}, {:#x}, ", kDirections[low >> 30], (low >> 8) & 0xff, low & 0xff);
        out.Hex((low >> 16) & 0x3fff);
        out.Write(")");
      }
      break;
    case Argument::kAccessAtFlags:
      if ((low & kAT_EACCESS) != 0) {
        out.Write((low & ~u64{kAT_EACCESS}) == 0 ? "AT_EACCESS" : "AT_EACCESS|");
        if ((low & ~u64{kAT_EACCESS}) == 0) break;
      }
      FlagsText(out, kAtFlags, low & ~u64{kAT_EACCESS});
      break;
    case Argument::kStatxFlags: StatxFlagsText(out, low); break;
    case Argument::kCloneFlagsAlone: CloneFlags(out, value); break;
    case Argument::kFutexOperation: FutexOperationText(out, low); break;
    case Argument::kMapFlags: MapFlagsText(out, low, arch); break;
    case Argument::kOpenFlags: OpenFlags(out, low, arch); break;
    case Argument::kProtection: ProtectionText(out, low, arch); break;
    case Argument::kScheduler:
      SchedulerText(out, low & ~u64{kSCHED_RESET_ON_FORK});
      if ((low & kSCHED_RESET_ON_FORK) != 0) out.Write("|SCHED_RESET_ON_FORK");
      break;
    case Argument::kSocketType: ValueAndFlags(out, kSocketTypes, 0xf, kSocketFlags, low, "SOCK_"); break;
    case Argument::kStatxMask: StatxMaskText(out, low); break;
    default: return WriteListed(out, kind, low);
  }
  return true;
}

}  // namespace caponier::linux_abi::internal
