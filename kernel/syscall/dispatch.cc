// From a system call's number to its handler, and from its outcome to Linux's result.
//
// The table is built at compile time from the families' lists and the architecture's numbers: one load and one call per system
// call. A number without a handler gets ENOSYS, and is counted for the report; of these socket(2) is told what a kernel without that
// family of sockets says, since C libraries go on without their cache of names then, and only then.
#include "kernel/syscall/dispatch.h"

#include <array>

#include "kernel/sched/signal.h"
#include "kernel/syscall/call.h"
#include "kernel/syscall/trace.h"
#include "lib/linux_abi/errno.h"
#include "lib/linux_abi/syscall_table.h"

namespace caponier::syscall {

#define CAPONIER_SYSCALL(name, handler) Result<i64> handler(Call& call);
#include "kernel/syscall/families.def"
#undef CAPONIER_SYSCALL

namespace {

using linux_abi::Syscall;

constexpr size_t kNumbers = linux_abi::kMaxSyscallNumber + 1;

consteval std::array<Handler, kNumbers> HandlersByNumber() {
  std::array<Handler, linux_abi::kSyscallCount> by_call{};
#define CAPONIER_SYSCALL(name, handler) by_call[static_cast<size_t>(Syscall::name)] = handler;
#include "kernel/syscall/families.def"
#undef CAPONIER_SYSCALL
  std::array<Handler, kNumbers> by_number{};
  for (u64 number = 0; number < kNumbers; number++) {
    Syscall call{};
    if (linux_abi::FindSyscall(linux_abi::native::kArch, number, &call)) by_number[number] = by_call[static_cast<size_t>(call)];
  }
  return by_number;
}
constinit const std::array<Handler, kNumbers> kHandlers = HandlersByNumber();

consteval u64 NumberOf(Syscall wanted) {
  Syscall call{};
  u64 number = 0;
  while (!linux_abi::FindSyscall(linux_abi::native::kArch, number, &call) || call != wanted) number++;
  return number;
}

constinit std::array<u32, kNumbers> g_missing{};
constinit u32 g_missing_beyond = 0;  // numbers that no table has
constinit u64 g_last_beyond = 0;

void Count(u64 number) {
  if (number < kNumbers) {
    g_missing[number]++;
  } else {
    g_missing_beyond++;
    g_last_beyond = number;
  }
}

[[gnu::noinline]] i64 Failure(Call& call, Error error) {
  // Only a signal that is there can end a restart; a call that says EINTR of its own accord (restart_syscall) stands.
  if (error == Error::kInterrupted && call.thread.signals.restart == sched::Restart::kNone && sched::SignalWaits(call.thread))
    call.thread.signals.restart = call.restartable ? sched::Restart::kRepeat : sched::Restart::kRepeatWithoutHandler;
  return -linux_abi::ToErrno(error);
}

[[gnu::always_inline]] inline i64 Run(Call& call, u64 number) {
  const Handler handler = number < kNumbers ? kHandlers[number] : nullptr;
  if (handler == nullptr) [[unlikely]] {
    Count(number);
    return number == NumberOf(Syscall::socket) ? -linux_abi::kEAFNOSUPPORT : -linux_abi::kENOSYS;
  }
  const Result<i64> result = handler(call);
  if (result.ok()) [[likely]]
    return result.value();
  return Failure(call, result.error());
}

// Apart, so that the line's buffers are not on every call's stack.
[[gnu::noinline]] i64 RunTraced(Call& call, u64 number) {
  TraceRecord record(call, number);
  const i64 result = Run(call, number);
  record.Leave(result);
  return result;
}

}  // namespace

void ForEachMissing(void (*visit)(void* context, const Missing& missing), void* context) {
  for (u64 number = 0; number < kNumbers; number++) {
    if (g_missing[number] == 0) continue;
    Syscall call{};
    const bool known = linux_abi::FindSyscall(linux_abi::native::kArch, number, &call);
    visit(context, {number, known ? linux_abi::NameOf(call) : std::string_view{}, g_missing[number]});
  }
  if (g_missing_beyond != 0) visit(context, {g_last_beyond, {}, g_missing_beyond});
}

}  // namespace caponier::syscall

namespace caponier::arch {

void OnSyscall(TrapFrame& frame) {
  using namespace syscall;
  const u64 number = static_cast<u32>(SyscallNumber(frame));  // an int to Linux, whatever the register's upper half holds
  Call call{.frame = frame,
            .thread = sched::CurrentThread(),
            .arguments = {SyscallArgument(frame, 0), SyscallArgument(frame, 1), SyscallArgument(frame, 2),
                          SyscallArgument(frame, 3), SyscallArgument(frame, 4), SyscallArgument(frame, 5)}};
  if (Tracing()) [[unlikely]] {
    SetSyscallReturn(frame, static_cast<u64>(RunTraced(call, number)));
    return;
  }
  SetSyscallReturn(frame, static_cast<u64>(Run(call, number)));
}

}  // namespace caponier::arch
