#include "kernel/sched/restartable_sequence.h"

#include "kernel/mm/user_copy.h"
#include "kernel/sched/signal.h"
#include "lib/linux_abi/signal_numbers.h"
#include "lib/linux_abi/types.h"

namespace caponier::sched {
namespace {

// struct rseq_cs of <linux/rseq.h>.
struct CriticalSection {
  u32 version = 0, flags = 0;
  u64 start = 0, length = 0, abort = 0;
};
constexpr u64 kRseqAlignment = 32;
constexpr u64 kDescriptorOffset = offsetof(linux_abi::Rseq, rseq_cs);

Result<void> Abort(const Thread& thread, arch::TrapFrame& frame) {
  const u64 descriptor = TRY(mm::ReadUser<u64>(thread.rseq + kDescriptorOffset));
  if (descriptor == 0) return {};
  const auto section = TRY(mm::ReadUser<CriticalSection>(descriptor));
  if (section.version != 0) return Error::kInvalidArgument;
  const u64 pc = arch::ProgramCounter(frame);
  // Outside, the descriptor is merely stale: Linux clears it lazily, so do we.
  if (pc - section.start >= section.length) return mm::WriteUser(thread.rseq + kDescriptorOffset, u64{0});
  // The word before the abort address proves that it was meant as one, so that a written descriptor is no jump to anywhere.
  if (section.abort - section.start < section.length) return Error::kInvalidArgument;
  if (TRY(mm::ReadUser<u32>(section.abort - sizeof(u32))) != thread.rseq_signature) return Error::kInvalidArgument;
  TRY(mm::WriteUser(thread.rseq + kDescriptorOffset, u64{0}));
  arch::SetProgramCounter(frame, section.abort);
  return {};
}

}  // namespace

Result<void> RegisterRestartableSequence(Thread& thread, u64 address, u32 bytes, u32 signature) {
  if (thread.rseq != 0) {
    if (thread.rseq != address || thread.rseq_bytes != bytes) return Error::kInvalidArgument;
    return thread.rseq_signature == signature ? Error::kBusy : Error::kNotPermitted;
  }
  if (!IsAligned(address, kRseqAlignment) || bytes != sizeof(linux_abi::Rseq)) return Error::kInvalidArgument;
  // One CPU: its number is 0 for ever, so nothing has to be written again when the thread is switched in.
  TRY(mm::WriteUser(address, linux_abi::Rseq{}));
  thread.rseq = address;
  thread.rseq_bytes = bytes;
  thread.rseq_signature = signature;
  return {};
}

Result<void> UnregisterRestartableSequence(Thread& thread, u64 address, u32 bytes, u32 signature) {
  if (thread.rseq == 0 || thread.rseq != address || thread.rseq_bytes != bytes) return Error::kInvalidArgument;
  if (thread.rseq_signature != signature) return Error::kNotPermitted;
  constexpr u32 kUninitialised = ~u32{0};  // RSEQ_CPU_ID_UNINITIALIZED
  TRY(mm::WriteUser(address, linux_abi::Rseq{.cpu_id = kUninitialised}));
  thread.rseq = 0;
  return {};
}

void AbortRestartableSequence(Thread& thread, arch::TrapFrame& frame) {
  if (thread.rseq == 0) return;
  if (!Abort(thread, frame).ok()) ForceOnSelf(KernelSignal(linux_abi::kSIGSEGV));
}

}  // namespace caponier::sched
