// From the processor's exception syndrome to the kernel's Fault, and from user-copy faults to their fixups. vectors.S calls these
// with interrupts masked.
#include <optional>

#include "kernel/arch/aarch64/features.h"
#include "kernel/arch/aarch64/id_emulation.h"
#include "kernel/arch/aarch64/interrupts.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/aarch64/tagging.h"
#include "kernel/arch/aarch64/threads.h"
#include "kernel/arch/machine.h"

extern "C" {
struct UserCopyFixup {
  caponier::i32 begin, end, target;  // each relative to its own place
};
extern const UserCopyFixup __user_copy_fixups_start[], __user_copy_fixups_end[];
void HandleUserSync(caponier::arch::TrapFrame* frame);
void HandleUserIrq(caponier::arch::TrapFrame* frame);
void HandleKernelSync(caponier::arch::TrapFrame* frame);
void HandleKernelIrq(caponier::arch::TrapFrame* frame);
void HandleError(caponier::arch::TrapFrame* frame);
void HandleUnexpected(caponier::arch::TrapFrame* frame);
}

namespace caponier::arch {
namespace {

constexpr u64 kUnknownTagBits = u64{0xf} << 60;  // FAR[63:60] after a tag check fault is UNKNOWN [arm-arm] D17.2.40

bool IsUserAddress(u64 address) { return (address & kUpperHalfBit) == 0; }
u64 Untag(u64 address) { return IsUserAddress(address) ? address & ~kTopByte : WithoutTag(address); }

Fault Simple(Fault::Kind kind, u64 address, u64 syndrome) { return {.kind = kind, .address = address, .code = syndrome}; }

Fault DecodeAbort(u64 syndrome, u64 address, Access access) {
  const u64 status = esr::FaultStatus(syndrome);
  Fault fault{.kind = Fault::Kind::kPage, .access = access, .address = address, .code = syndrome};
  // The top byte of a code address counts (TCR_EL1.TBID0): that is where a failed authentication shows.
  if (access != Access::kExecute) fault.address = Untag(address);
  if (status == esr::kStatusTagCheck) {
    fault.kind = Fault::Kind::kTagCheck;
    fault.present = true;
    fault.address = IsUserAddress(address) ? address & ~kUnknownTagBits : address | kUnknownTagBits;
  } else if (status == esr::kStatusAlignment) {
    fault.kind = Fault::Kind::kAlignment;
  } else if (esr::IsPermission(status) || esr::IsAccessFlag(status)) {
    fault.present = true;
  } else if (!esr::IsTranslation(status) && status >= esr::kStatusExternal) {
    fault.kind = Fault::Kind::kMachineCheck;
  }
  return fault;
}

// FPE_* of <asm-generic/siginfo.h>, in Linux's order of preference.
u64 FloatingPointCode(u64 syndrome) {
  constexpr u64 kDivide = 3, kOverflow = 4, kUnderflow = 5, kInexact = 6, kInvalid = 7, kUnknownCause = 14;
  if ((syndrome & 1u << 23) == 0) return kUnknownCause;  // TFV: the cause bits are not valid
  if ((syndrome & 1u << 0) != 0) return kInvalid;
  if ((syndrome & 1u << 1) != 0) return kDivide;
  if ((syndrome & 1u << 2) != 0) return kOverflow;
  if ((syndrome & 1u << 3) != 0) return kUnderflow;
  return (syndrome & 1u << 4) != 0 ? kInexact : kUnknownCause;
}

Fault Decode(const TrapFrame& frame, u64 syndrome, u64 address) {
  using Kind = Fault::Kind;
  switch (esr::ClassOf(syndrome)) {
    case esr::kInstructionAbortUser:
    case esr::kInstructionAbortKernel: return DecodeAbort(syndrome, address, Access::kExecute);
    case esr::kDataAbortUser:
    case esr::kDataAbortKernel: return DecodeAbort(syndrome, address, esr::IsWrite(syndrome) ? Access::kWrite : Access::kRead);
    case esr::kPcAlignment: return Simple(Kind::kAlignment, address, syndrome);
    case esr::kSpAlignment: return Simple(Kind::kAlignment, frame.sp, syndrome);
    case esr::kBranchTarget: return Simple(Kind::kBranchTarget, frame.pc, syndrome);
    case esr::kPointerAuth: return Simple(Kind::kPointerAuth, frame.pc, syndrome);
    case esr::kFloatingPoint: return Simple(Kind::kFloatingPoint, frame.pc, FloatingPointCode(syndrome));
    case esr::kBreakInstruction:
    case esr::kBreakpointUser:
    case esr::kWatchpointUser: return Simple(Kind::kBreakpoint, frame.pc, syndrome);
    case esr::kSingleStepUser: return Simple(Kind::kSingleStep, frame.pc, syndrome);
    case esr::kError: return Simple(Kind::kMachineCheck, 0, syndrome);
    default: return Simple(Kind::kUndefined, frame.pc, syndrome);
  }
}

// Where a faulting user access continues; nothing when the instruction is not one.
std::optional<u64> FixupFor(u64 pc) {
  const auto resolve = [](const i32& field) { return reinterpret_cast<u64>(&field) + static_cast<u64>(i64{field}); };
  for (const UserCopyFixup* fixup = __user_copy_fixups_start; fixup < __user_copy_fixups_end; fixup++) {
    if (pc >= resolve(fixup->begin) && pc < resolve(fixup->end)) return resolve(fixup->target);
  }
  return std::nullopt;
}

// What happens seldom stands apart, so that its variables are not on every system call's stack.

[[gnu::noinline]] void TellAsyncTagFault(TrapFrame& frame) {
  OnUserFault(frame, {.kind = Fault::Kind::kTagCheck, .present = true, .asynchronous = true});
}

// An asynchronous tag fault that the program's last stretch left behind.
bool TakeAsyncTagFault(TrapFrame& frame) {
  if (!AsyncTagFaultPending()) return false;
  TellAsyncTagFault(frame);
  return true;
}

[[gnu::noinline]] void TakeException(TrapFrame& frame, u64 syndrome) {
  const u64 address = CAPONIER_READ("far_el1");
  TakeAsyncTagFault(frame);
  if (EmulateIdRegisterRead(frame, syndrome)) return;
  ThreadState& state = CurrentState();
  state.fault_syndrome = syndrome;
  state.fault_address = address;
  OnUserFault(frame, Decode(frame, syndrome, address));
}

}  // namespace
}  // namespace caponier::arch

using namespace caponier;
using namespace caponier::arch;

// No canary in these two: theirs would be another by their end.
[[gnu::no_stack_protector]] void HandleUserSync(TrapFrame* frame) {
  const u64 syndrome = CAPONIER_READ("esr_el1");
  if (esr::ClassOf(syndrome) == esr::kSupervisorCall) [[likely]] {
    frame->syscall_number = frame->x[8];
    // As on Linux, the signal comes first and the call is made again after it.
    if (TakeAsyncTagFault(*frame)) {
      RestartSyscall(*frame);
      frame->syscall_number = ~u64{0};
    } else {
      OnSyscall(*frame);
    }
  } else {
    TakeException(*frame, syndrome);
  }
  OnReturnToUser(*frame);
}

[[gnu::no_stack_protector]] void HandleUserIrq(TrapFrame* frame) {
  TakeAsyncTagFault(*frame);
  DispatchInterrupts();
  OnReturnToUser(*frame);
}

void HandleKernelIrq(TrapFrame*) { DispatchInterrupts(); }

void HandleKernelSync(TrapFrame* frame) {
  const u64 syndrome = CAPONIER_READ("esr_el1");
  const u64 address = CAPONIER_READ("far_el1");
  Fault fault = Decode(*frame, syndrome, address);
  if (esr::IsCallCheck(syndrome)) fault.kind = Fault::Kind::kCallTarget;
  if (esr::ClassOf(syndrome) == esr::kDataAbortKernel && IsUserAddress(address)) {
    if (const std::optional<u64> fixup = FixupFor(frame->pc)) {
      if (fault.kind == Fault::Kind::kPage && OnUserCopyFault(fault.address, fault.access)) return;
      frame->pc = *fixup;
      return;
    }
  }
  OnKernelFault(*frame, fault);
}

void HandleError(TrapFrame* frame) { OnKernelFault(*frame, Decode(*frame, CAPONIER_READ("esr_el1"), 0)); }

void HandleUnexpected(TrapFrame* frame) {
  OnKernelFault(*frame, Decode(*frame, CAPONIER_READ("esr_el1"), CAPONIER_READ("far_el1")));
}
