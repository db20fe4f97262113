// Faults of the program: pages are brought in, everything else becomes the signal Linux would send, with the cause kept for the crash
// report.
#include "kernel/report/crash.h"
#include "kernel/sched/signal.h"
#include "kernel/sched/thread.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier {
namespace {

using namespace linux_abi;
using Outcome = mm::AddressSpace::FaultOutcome;

sched::SignalInfo MakeSignal(int signal, i32 code, u64 address) {
  sched::SignalInfo info;
  info.signal = signal;
  info.code = code;
  info.address = address;
  return info;
}

[[noreturn]] void EndForLackOfMemory() {
  report::SayOutOfMemory();
  sched::ExitProcess(0, kSIGKILL);
}

// The signal for a page fault that could not be mended.
sched::SignalInfo SignalForPage(const arch::Fault& fault, Outcome outcome) {
  if (outcome == Outcome::kPastEnd) return MakeSignal(kSIGBUS, kBUS_ADRERR, fault.address);
  return MakeSignal(kSIGSEGV, outcome == Outcome::kForbidden ? kSEGV_ACCERR : kSEGV_MAPERR, fault.address);
}

sched::SignalInfo SignalFor(const arch::Fault& fault, u64 pc) {
  using Kind = arch::Fault::Kind;
  switch (fault.kind) {
    case Kind::kTagCheck:
      return MakeSignal(kSIGSEGV, fault.asynchronous ? kSEGV_MTEAERR : kSEGV_MTESERR, fault.asynchronous ? 0 : fault.address);
    case Kind::kUndefined:
    case Kind::kCallTarget:
    case Kind::kBranchTarget:
    case Kind::kPointerAuth: return MakeSignal(kSIGILL, kILL_ILLOPN, pc);
    case Kind::kBreakpoint: return MakeSignal(kSIGTRAP, arch::kBreakpointCode, pc);
    case Kind::kSingleStep: return MakeSignal(kSIGTRAP, kTRAP_TRACE, pc);
    case Kind::kArithmetic: return MakeSignal(kSIGFPE, kFPE_INTDIV, pc);
    case Kind::kFloatingPoint: return MakeSignal(kSIGFPE, static_cast<i32>(fault.code), pc);
    case Kind::kAlignment: return MakeSignal(kSIGBUS, kBUS_ADRALN, fault.address);
    case Kind::kMachineCheck: return MakeSignal(kSIGBUS, kBUS_OBJERR, fault.address);
    case Kind::kPage:
    case Kind::kGeneral: return MakeSignal(kSIGSEGV, kSI_KERNEL, 0);
  }
  return MakeSignal(kSIGSEGV, kSI_KERNEL, 0);
}

}  // namespace

void arch::OnUserFault(TrapFrame& frame, const Fault& fault) {
  if (fault.kind != Fault::Kind::kPage) {
    report::RememberFault(fault, Outcome::kDone);
    return sched::DeliverFault(frame, SignalFor(fault, ProgramCounter(frame)));
  }
  const Outcome outcome = sched::CurrentProcess().memory->HandleFault(fault.address, fault.access);
  if (outcome == Outcome::kDone) return;
  if (outcome == Outcome::kOutOfMemory) EndForLackOfMemory();
  report::RememberFault(fault, outcome);
  sched::DeliverFault(frame, SignalForPage(fault, outcome));
}

bool arch::OnUserCopyFault(u64 address, Access access) {
  mm::AddressSpace* memory = mm::AddressSpace::Active();
  if (memory == nullptr) return false;
  const Outcome outcome = memory->HandleFault(address, access);
  if (outcome == Outcome::kOutOfMemory) report::SayOutOfMemory();
  return outcome == Outcome::kDone;
}

}  // namespace caponier
