// From a vector to what happened, in the machine-independent words of arch::Fault.
#include "kernel/arch/machine.h"
#include "kernel/arch/x86_64/apic.h"
#include "kernel/random/interrupt.h"

extern "C" {
extern std::byte UserCopyBegin[], UserCopyEnd[], UserZeroBegin[], UserZeroEnd[], UserWordBegin[], UserWordEnd[], UserWordFault[];
}

namespace caponier::arch {
namespace {

enum Vector : u64 {
  kDivide = 0,
  kDebug = 1,
  kNmi = 2,
  kBreakpoint = 3,
  kOverflow = 4,
  kBound = 5,
  kInvalidOpcode = 6,
  kDoubleFault = 8,
  kStackSegment = 12,
  kGeneralProtection = 13,
  kPageFault = 14,
  kX87 = 16,
  kAlignment = 17,
  kMachineCheck = 18,
  kSimd = 19,
  kControl = 21,
};

u64 FaultAddress() {
  u64 address;
  asm volatile("mov %%cr2, %0" : "=r"(address));
  return address;
}

// FPE_* of siginfo, from the unmasked exception bits of x87 status or MXCSR [intel-sdm] vol. 1 8.3.3 and 10.2.3.
u64 FloatingPointCode(u32 status, u32 mask) {
  const u32 raised = status & ~mask & 0x3f;
  if ((raised & 1) != 0) return 7;     // FPE_FLTINV
  if ((raised & 4) != 0) return 3;     // FPE_FLTDIV
  if ((raised & 8) != 0) return 4;     // FPE_FLTOVF
  if ((raised & 0x12) != 0) return 5;  // FPE_FLTUND, denormal too
  return 6;                            // FPE_FLTRES
}

u64 SimdCode() {
  u32 mxcsr;
  asm volatile("stmxcsr %0" : "=m"(mxcsr));
  return FloatingPointCode(mxcsr, mxcsr >> 7);
}

u64 X87Code() {
  u16 status, control;
  asm volatile("fnstsw %0; fnstcw %1" : "=m"(status), "=m"(control));
  return FloatingPointCode(status, control);
}

Fault Decode(const TrapFrame& frame) {
  Fault fault{.kind = Fault::Kind::kGeneral, .code = frame.error};
  switch (frame.vector) {
    case kDivide:
    case kOverflow: fault.kind = Fault::Kind::kArithmetic; break;
    case kDebug: fault.kind = Fault::Kind::kSingleStep; break;
    case kBreakpoint: fault.kind = Fault::Kind::kBreakpoint; break;
    case kInvalidOpcode: fault.kind = Fault::Kind::kUndefined; break;
    case kPageFault:
      fault.kind = Fault::Kind::kPage;
      fault.address = FaultAddress();
      fault.present = (frame.error & 1) != 0;
      fault.access = (frame.error & 16) != 0 ? Access::kExecute : ((frame.error & 2) != 0 ? Access::kWrite : Access::kRead);
      break;
    case kDoubleFault:
      // Mostly a push that met the guard of the kernel's stack: CR2 is where.
      if (fault.address = FaultAddress(); frame.rsp - fault.address <= kPageSize) {
        fault.kind = Fault::Kind::kPage;
        fault.access = Access::kWrite;
      }
      break;
    case kX87:
      fault.kind = Fault::Kind::kFloatingPoint;
      fault.code = X87Code();
      break;
    case kSimd:
      fault.kind = Fault::Kind::kFloatingPoint;
      fault.code = SimdCode();
      break;
    case kAlignment: fault.kind = Fault::Kind::kAlignment; break;
    case kMachineCheck: fault.kind = Fault::Kind::kMachineCheck; break;
    case kControl: fault.kind = Fault::Kind::kBranchTarget; break;
    default: break;
  }
  return fault;
}

bool Within(u64 pc, const std::byte* begin, const std::byte* end) {
  return pc >= reinterpret_cast<u64>(begin) && pc < reinterpret_cast<u64>(end);
}

// Where a copy routine goes on after a fault it cannot get over; 0 when the code is no copy routine.
u64 CopyFixup(u64 pc) {
  if (Within(pc, UserCopyBegin, UserCopyEnd)) return reinterpret_cast<u64>(UserCopyEnd);
  if (Within(pc, UserZeroBegin, UserZeroEnd)) return reinterpret_cast<u64>(UserZeroEnd);
  if (Within(pc, UserWordBegin, UserWordEnd)) return reinterpret_cast<u64>(UserWordFault);
  return 0;
}

// The compiler's trap of a checked call: ud1l 2(%eax), %eax [clang-cfi].
bool IsCallCheck(u64 pc) {
  static constexpr u8 kTrap[] = {0x67, 0x0f, 0xb9, 0x40, 0x02};
  return pc >= KernelBase() && __builtin_memcmp(reinterpret_cast<const void*>(pc), kTrap, sizeof(kTrap)) == 0;
}

bool HandleInterrupt(u64 vector) {
  if (vector < kFirstInterruptVector) return false;
  kernel::random::NoteInterrupt();
  if (vector == kTimerVector) {
    AcknowledgeInterrupt();
    OnTimerInterrupt();
  } else if (vector >= kFirstDeviceVector && vector < kFirstDeviceVector + kDeviceVectors) {
    OnDeviceInterrupt(static_cast<u32>(vector - kFirstDeviceVector));
    AcknowledgeInterrupt();
  }
  return true;  // anything else is the APIC's spurious vector
}

}  // namespace

// No canary in these two: theirs would be another by their end.
extern "C" [[gnu::no_stack_protector]] void SyscallTrap(TrapFrame* frame) {
  OnSyscall(*frame);
  OnReturnToUser(*frame);
}

extern "C" [[gnu::no_stack_protector]] void UserTrap(TrapFrame* frame) {
  if (!HandleInterrupt(frame->vector)) OnUserFault(*frame, Decode(*frame));
  OnReturnToUser(*frame);
}

extern "C" void KernelTrap(TrapFrame* frame) {
  if (HandleInterrupt(frame->vector) || frame->vector == kNmi) return;
  Fault fault = Decode(*frame);
  if (fault.kind == Fault::Kind::kUndefined && IsCallCheck(frame->rip)) fault.kind = Fault::Kind::kCallTarget;
  if (const u64 fixup = CopyFixup(frame->rip); fixup != 0) {
    if (fault.kind == Fault::Kind::kPage && fault.address < kUserEnd && OnUserCopyFault(fault.address, fault.access)) return;
    if (fault.kind == Fault::Kind::kPage || fault.kind == Fault::Kind::kGeneral) {
      frame->rip = fixup;
      return;
    }
  }
  OnKernelFault(*frame, fault);
}

}  // namespace caponier::arch
