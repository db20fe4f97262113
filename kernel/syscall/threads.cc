// Making and ending threads, and who they are: clone, exit, the ids.
//
// One process: a clone that would need a second address space or another set of descriptors is refused with ENOSYS before it did
// anything, and shows in the report.
#include <limits>

#include "kernel/syscall/call.h"
#include "kernel/syscall/dispatch.h"
#include "lib/linux_abi/process_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

constexpr u64 kThreadFlags = kCLONE_VM | kCLONE_FS | kCLONE_FILES | kCLONE_SIGHAND | kCLONE_THREAD;
constexpr u64 kNamespaceFlags = kCLONE_NEWTIME | kCLONE_NEWNS | kCLONE_NEWCGROUP | kCLONE_NEWUTS | kCLONE_NEWIPC |
                                kCLONE_NEWUSER | kCLONE_NEWPID | kCLONE_NEWNET;

Result<void> CheckFlags(u64 flags) {
  if ((flags & kCLONE_THREAD) != 0 && (flags & kCLONE_SIGHAND) == 0) return Error::kInvalidArgument;
  if ((flags & kCLONE_SIGHAND) != 0 && (flags & kCLONE_VM) == 0) return Error::kInvalidArgument;
  if ((flags & kCLONE_THREAD) != 0 && (flags & (kNamespaceFlags | kCLONE_PIDFD)) != 0) return Error::kInvalidArgument;
  if ((flags & kThreadFlags) != kThreadFlags) return Error::kNotImplemented;
  return {};
}

Result<i64> MakeThread(Call& call, const CloneArgs& wanted) {
  TRY(CheckFlags(wanted.flags));
  // On x86-64 it becomes a segment base, which must be an address of the program.
  const bool segment_base = native::kArch == Arch::kX86_64 && (wanted.flags & kCLONE_SETTLS) != 0;
  if (segment_base && wanted.tls >= arch::kUserEnd) return Error::kNotPermitted;
  sched::Thread& parent = call.thread;
  sched::Thread* child = TRY(sched::CreateThread(call.process()));
  *child->frame = call.frame;
  arch::SetSyscallReturn(*child->frame, 0);
  arch::ForgetSyscall(*child->frame);
  if (wanted.stack != 0) arch::SetStackPointer(*child->frame, wanted.stack + wanted.stack_size);
  arch::CopyThreadState(child->machine, (wanted.flags & kCLONE_SETTLS) != 0 ? &wanted.tls : nullptr);
  child->signals.blocked = parent.signals.blocked;
  child->signals.tagging_control = parent.signals.tagging_control;
  child->timer_slack_ns = parent.timer_slack_ns;
  child->policy = parent.policy;
  __builtin_memcpy(child->name, parent.name, sizeof(child->name));
  const u32 tid = static_cast<u32>(child->tid);
  if ((wanted.flags & kCLONE_CHILD_CLEARTID) != 0) child->clear_child_tid = wanted.child_tid;
  // As in Linux, an address that cannot be written does not undo the thread.
  if ((wanted.flags & kCLONE_PARENT_SETTID) != 0) (void)mm::WriteUser(wanted.parent_tid, tid);
  if ((wanted.flags & kCLONE_CHILD_SETTID) != 0) (void)mm::WriteUser(wanted.child_tid, tid);
  sched::MakeReady(*child);
  return child->tid;
}

bool IsSelf(const Call& call, int pid) { return pid == 0 || pid == call.thread.process->pid; }

}  // namespace

Result<i64> SysClone(Call& call) {
  // The thread pointer and the child's address change places between the architectures [clone(2)] "C library/kernel differences".
  constexpr bool kTlsLast = native::kArch == Arch::kX86_64;
  const u64 flags = call.Unsigned(0);
  return MakeThread(call, {.flags = flags & ~u64{kCSIGNAL},
                           .child_tid = call[kTlsLast ? 3 : 4],
                           .parent_tid = call[2],
                           .stack = call[1],
                           .tls = call[kTlsLast ? 4 : 3]});
}

Result<i64> SysClone3(Call& call) {
  const u64 address = call[0], bytes = call[1];
  if (bytes < kCloneArgsSizeVersion0) return Error::kInvalidArgument;
  if (bytes > kPageSize) return Error::kArgumentsTooLong;
  CloneArgs wanted;
  const u64 known = bytes < sizeof(wanted) ? bytes : sizeof(wanted);
  TRY(mm::CopyFromUser(WritableBytesOf(wanted).first(known), address));
  // Members newer than this kernel must be zero: their meaning would be lost.
  for (u64 offset = known; offset < bytes; offset++) {
    if (TRY(mm::ReadUser<u8>(address + offset)) != 0) return Error::kArgumentsTooLong;
  }
  if ((wanted.flags & kCSIGNAL) != 0 || (wanted.flags & kCLONE_DETACHED) != 0) return Error::kInvalidArgument;
  if (wanted.exit_signal > 64 || (wanted.stack == 0) != (wanted.stack_size == 0)) return Error::kInvalidArgument;
  if ((wanted.flags & (kCLONE_THREAD | kCLONE_PARENT)) != 0 && wanted.exit_signal != 0) return Error::kInvalidArgument;
  if (wanted.stack != 0 && !mm::IsUserRange(wanted.stack, wanted.stack_size)) return Error::kInvalidArgument;
  if (wanted.set_tid_size != 0) return Error::kNotImplemented;
  return MakeThread(call, wanted);
}

Result<i64> SysExit(Call& call) { sched::ExitThread(call.Unsigned(0) & 0xff); }
Result<i64> SysExitGroup(Call& call) { sched::ExitProcess(call.Unsigned(0) & 0xff, 0); }

// No child is ever made.
Result<i64> SysWait4(Call& call) {
  constexpr u32 kAllowed = kWNOHANG | kWUNTRACED | kWCONTINUED | k__WNOTHREAD | k__WCLONE | k__WALL;
  if ((call.Unsigned(2) & ~kAllowed) != 0) return Error::kInvalidArgument;
  if (call.Int(0) == std::numeric_limits<i32>::min()) return Error::kNoProcess;  // has no positive counterpart
  return Error::kNoChild;
}

Result<i64> SysWaitid(Call& call) {
  constexpr u32 kAllowed = kWNOHANG | kWNOWAIT | kWEXITED | kWUNTRACED | kWCONTINUED | k__WNOTHREAD | k__WCLONE | k__WALL;
  const u32 options = call.Unsigned(3);
  if ((options & ~kAllowed) != 0 || (options & (kWEXITED | kWUNTRACED | kWCONTINUED)) == 0) return Error::kInvalidArgument;
  if (call.Int(0) < kP_ALL || call.Int(0) > kP_PIDFD) return Error::kInvalidArgument;
  return Error::kNoChild;
}

Result<i64> SysSetTidAddress(Call& call) {
  call.thread.clear_child_tid = call[0];
  return call.thread.tid;
}

Result<i64> SysGettid(Call& call) { return call.thread.tid; }
Result<i64> SysGetpid(Call& call) { return call.process().pid; }
Result<i64> SysGetppid(Call& call) { return call.process().parent_pid; }

// The process leads its group and its session, so it can do neither again.
Result<i64> SysGetpgid(Call& call) {
  if (!IsSelf(call, call.Int(0))) return Error::kNoProcess;
  return call.process().pid;
}
Result<i64> SysGetpgrp(Call& call) { return call.process().pid; }
Result<i64> SysGetsid(Call& call) { return SysGetpgid(call); }
Result<i64> SysSetpgid(Call& call) {
  if (call.Int(1) < 0) return Error::kInvalidArgument;
  if (!IsSelf(call, call.Int(0))) return Error::kNoProcess;
  return Error::kNotPermitted;
}
Result<i64> SysSetsid(Call&) { return Error::kNotPermitted; }

}  // namespace caponier::syscall
