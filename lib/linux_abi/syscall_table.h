// System calls by name, and what there is to know of each without knowing what it does: numbers per architecture and argument
// kinds. Syscall is the index both architectures share; kernels dispatch on it, traces print from it.
#pragma once

#include <array>
#include <string_view>

#include "lib/linux_abi/constant.h"

namespace caponier::linux_abi {

// How an argument is written in a trace. "Out" kinds are read after the call. A buffer's, vector's or address's length is the
// next argument; that of an output buffer is the result.
enum class Argument : u8 {
  kNone,
  // numbers
  kInt,
  kUInt,
  kLong,
  kSize,
  kHex,
  kPointer,
  kMode,
  kFileMode,
  kFd,
  kDirFd,
  kSignal,
  kSkippedHalf,  // the high half of a 64-bit offset, empty on these architectures: not written
  // text and bytes
  kPath,
  kInBuffer,
  kOutBuffer,
  kOutHexBuffer,
  kIovecIn,
  kIovecOut,
  kArgv,
  kEnvp,
  // one value out of a list
  kAccessMode,
  kAddressFamily,
  kAdvice,
  kArchPrctlCode,
  kClock,
  kEpollOperation,
  kFcntlCommand,
  kFileAdvice,
  kIntervalTimer,
  kIoctlRequest,
  kMembarrierCommand,
  kPrctlOption,
  kPriorityWhich,
  kRebootCommand,
  kResource,
  kSeccompOperation,
  kShutdownHow,
  kSigmaskHow,
  kSocketLevel,
  kUsageWho,
  kWaitType,
  kWhence,
  // flags, some beside a value
  kAccessAtFlags,
  kAtFlags,
  kStatxFlags,
  kCloneFlags,
  kCloneFlagsAlone,
  kCloseRangeFlags,
  kEpollFlags,
  kEventfdFlags,
  kFallocateFlags,
  kFlockOperation,
  kFutexOperation,
  kInotifyEvents,
  kInotifyFlags,
  kMapFlags,
  kMemfdFlags,
  kMessageFlags,
  kMlockFlags,
  kMlockallFlags,
  kMremapFlags,
  kMsyncFlags,
  kOpenFlags,
  kOpenFlagsAlone,
  kPkeyRights,
  kProtection,
  kRandomFlags,
  kRenameFlags,
  kRseqFlags,
  kRwfFlags,
  kScheduler,
  kSignalfdFlags,
  kSocketFlags,
  kSocketType,
  kStatxMask,
  kTimerFlags,
  kTimerfdFlags,
  kTimerfdSetFlags,
  kWaitOptions,
  // depends on an earlier argument
  kFcntlArgument,
  kFutexTimeout,
  kFutexBits,
  kDevice,
  kIoctlArgument,
  kOptionIn,
  kOptionOut,
  kPrctlArgument,
  kSocketOption,
  kSocketProtocol,
  // structures
  kCloneArguments,
  kCpuSetIn,
  kCpuSetOut,
  kDirentsOut,
  kEpollEventIn,
  kEpollEventsOut,
  kFdSet,
  kIntInOut,
  kIntOut,
  kIntIn,
  kItimerspecIn,
  kItimerspecOut,
  kItimervalIn,
  kItimervalOut,
  kLongInOut,
  kLongOut,
  kMsghdrIn,
  kMsghdrOut,
  kOpenHow,
  kPollfds,
  kRlimitIn,
  kRlimitOut,
  kRusageOut,
  kSigactionIn,
  kSigactionOut,
  kSiginfoOut,
  kSignalFrame,
  kSigsetIn,
  kSigsetOut,
  kSockaddrIn,
  kSockaddrOut,
  kStackIn,
  kStackOut,
  kStatOut,
  kStatfsOut,
  kStatxOut,
  kSysinfoOut,
  kSigeventIn,
  kTimespecIn,
  kTimespecOut,
  kTimespecRemaining,
  kTimevalIn,
  kTimevalOut,
  kTmsOut,
  kTwoIntsOut,
  kTwoTimespecsIn,
  kUtsnameOut,
  kWaitStatusOut,
};

enum class ResultKind : u8 { kDecimal, kAddress, kPermissions, kNever, kOfFcntl, kOfScheduler };

// The scoped names are Linux's own: Syscall::openat.
enum class Syscall : u16 {
#define CAPONIER_SYSCALL(name, ...) name,
#include "lib/linux_abi/syscall_table.def"
};
inline constexpr size_t kSyscallCount = 0
#define CAPONIER_SYSCALL(...) +1
#include "lib/linux_abi/syscall_table.def"
    ;

inline constexpr size_t kMaxArguments = 6;
struct SyscallEntry {
  i16 x86_64_number = -1;
  i16 aarch64_number = -1;
  ResultKind result = ResultKind::kDecimal;
  u8 argument_count = 0;
  Argument arguments[kMaxArguments] = {};

  constexpr int number(Arch arch) const { return arch == Arch::kX86_64 ? x86_64_number : aarch64_number; }
};
extern const std::array<SyscallEntry, kSyscallCount> kSyscallEntries;
inline const SyscallEntry& EntryOf(Syscall call) { return kSyscallEntries[static_cast<size_t>(call)]; }

// "openat".
std::string_view NameOf(Syscall call);

// Numbers above this are not system calls on either architecture.
inline constexpr size_t kMaxSyscallNumber = 479;
inline constexpr u16 kNoSyscall = 0xffff;

namespace internal {
consteval std::array<u16, kMaxSyscallNumber + 1> IndexByNumber(Arch arch) {
  std::array<u16, kMaxSyscallNumber + 1> index{};
  index.fill(kNoSyscall);
  u16 next = 0;
  auto add = [&](int x86_64_number, int aarch64_number) {
    int number = arch == Arch::kX86_64 ? x86_64_number : aarch64_number;
    if (number >= 0) index[static_cast<size_t>(number)] = next;
    next++;
  };
#define CAPONIER_SYSCALL(name, x86_64_number, aarch64_number, ...) add(x86_64_number, aarch64_number);
#include "lib/linux_abi/syscall_table.def"
  return index;
}
inline constexpr auto kX86_64Index = IndexByNumber(Arch::kX86_64);
inline constexpr auto kAarch64Index = IndexByNumber(Arch::kAarch64);
}  // namespace internal

// The call with `number` on `arch`; false when there is none. Any number is safe to pass.
constexpr bool FindSyscall(Arch arch, u64 number, Syscall* call) {
  if (number > kMaxSyscallNumber) return false;
  u16 index = (arch == Arch::kX86_64 ? internal::kX86_64Index : internal::kAarch64Index)[number];
  if (index == kNoSyscall) return false;
  *call = static_cast<Syscall>(index);
  return true;
}

}  // namespace caponier::linux_abi
