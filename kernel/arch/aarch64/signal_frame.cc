// Linux's signal frame for AArch64 [linux-arm64-sigcontext]: siginfo, ucontext with the general registers, and behind them records for the
// vector registers and the fault's syndrome. What comes back is the program's word: no bit of PSTATE that could raise privilege,
// mask interrupts or choose 32-bit state is taken from it.
#include "lib/linux_abi/signal_frame.h"

#include <cstddef>

#include "kernel/arch/aarch64/features.h"
#include "kernel/arch/aarch64/threads.h"
#include "kernel/arch/machine.h"
#include "kernel/mm/user_copy.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::arch {
namespace {

using namespace linux_abi;
using namespace linux_abi::aarch64;

// The vector area is v0 to v31, FPSR, FPCR (context.S); the record has the two words first.
constexpr u64 kVectorBytes = 512;
constexpr u64 kBtypeCall = u64{2} << 10;  // PSTATE.BTYPE as after BLR: a handler in a guarded page starts with BTI C

// The flags a program may set: NZCV, DIT, TCO, SSBS, BTYPE, single step never.
constexpr u64 kPstateFlags = u64{0xf} << 28 | u64{1} << 24 | u64{1} << 12 | kPstateBtypeMask;

u64 UserPstate(u64 wanted) {
  u64 allowed = kPstateFlags;
  if (CpuFeatures().tagging != 0) allowed |= kPstateTco;
  return (wanted & allowed) | kPstateUser;
}

// Where the pieces stand, from the frame's address up.
constexpr u64 kContextOffset = offsetof(RtSigframe, uc) + offsetof(Ucontext, mcontext);
constexpr u64 kRecordsOffset = kContextOffset + offsetof(Sigcontext, reserved);

struct alignas(16) Records {
  FpsimdContext vectors;
  EsrContext syndrome;  // left zero, and so the end, when the signal is not a fault's
  ContextHead end[2];   // the terminator, padded to 16 bytes
};
static_assert(sizeof(Records) == 560);

// Everything of the frame below the records.
struct Head {
  Siginfo info;
  u64 flags, link;
  StackT stack;
  u64 sigmask;
  u8 unused[120];
  u64 padding;
  u64 fault_address, regs[31], sp, pc, pstate, padding2;
};
static_assert(sizeof(Head) == kRecordsOffset);

}  // namespace

Result<void> PushSignalFrame(TrapFrame& frame, const SignalDelivery& delivery) {
  // Linux's order: the frame record below the old stack, the signal frame below that.
  const u64 record_at = AlignDown(delivery.stack_top - sizeof(FrameRecord), 16);
  const u64 frame_at = AlignDown(record_at - sizeof(RtSigframe), 16);
  if (record_at > delivery.stack_top || frame_at > record_at) return Error::kBadAddress;

  Head head = {};
  if (delivery.info.size() != sizeof(head.info)) return Error::kInvalidArgument;
  __builtin_memcpy(&head.info, delivery.info.data(), sizeof(head.info));
  head.stack.sp = delivery.alternate_base;
  head.stack.flags = static_cast<i32>(delivery.alternate_flags);
  head.stack.size = delivery.alternate_size;
  head.sigmask = delivery.mask;
  for (int i = 0; i < 31; i++) head.regs[i] = frame.x[i];
  head.sp = frame.sp;
  head.pc = frame.pc;
  head.pstate = frame.pstate;

  Records records = {};
  alignas(64) std::byte vectors[kVectorBytes + 16];
  SaveFpuState(vectors);
  records.vectors.head = {.magic = kFPSIMD_MAGIC, .size = sizeof(FpsimdContext)};
  __builtin_memcpy(records.vectors.vregs, vectors, kVectorBytes);
  __builtin_memcpy(&records.vectors.fpsr, vectors + kVectorBytes, 8);
  ThreadState& state = CurrentState();
  if (state.fault_syndrome != 0) {
    records.syndrome = {.head = {.magic = kESR_MAGIC, .size = sizeof(EsrContext)}, .esr = state.fault_syndrome};
    head.fault_address = state.fault_address;
    state.fault_syndrome = 0;
  }

  TRY(mm::CopyToUser(frame_at, BytesOf(head)));
  TRY(mm::CopyToUser(frame_at + kRecordsOffset, BytesOf(records)));
  const FrameRecord record = {.fp = frame.x[29], .lr = frame.x[30]};
  TRY(mm::CopyToUser(record_at, BytesOf(record)));

  frame.x[0] = static_cast<u64>(delivery.signal);
  frame.x[1] = frame_at + offsetof(RtSigframe, info);
  frame.x[2] = frame_at + offsetof(RtSigframe, uc);
  frame.x[29] = record_at;
  frame.x[30] = delivery.restorer;
  frame.sp = frame_at;
  frame.pc = delivery.handler;
  frame.syscall_number = ~u64{0};
  // A handler starts with tag checks on and, under BTI, as if called.
  frame.pstate &= ~(kPstateBtypeMask | kPstateTco);
  if (CpuFeatures().branch_target) frame.pstate |= kBtypeCall;
  return {};
}

namespace {

// Finds the vector record; the list is the program's, and every step stays inside the reserved bytes.
Result<void> RestoreVectors(u64 records_at) {
  u64 offset = 0;
  bool restored = false;
  while (offset + sizeof(ContextHead) <= sizeof(Sigcontext::reserved)) {
    const ContextHead head = TRY(mm::ReadUser<ContextHead>(records_at + offset));
    if (head.magic == 0) return head.size == 0 && restored ? Result<void>{} : Error::kInvalidArgument;
    if (head.size < sizeof(ContextHead) || head.size % 16 != 0 || head.size > sizeof(Sigcontext::reserved) - offset) break;
    if (head.magic == kFPSIMD_MAGIC) {
      if (head.size != sizeof(FpsimdContext) || restored) break;
      const FpsimdContext context = TRY(mm::ReadUser<FpsimdContext>(records_at + offset));
      alignas(64) std::byte vectors[kVectorBytes + 16] = {};
      __builtin_memcpy(vectors, context.vregs, kVectorBytes);
      __builtin_memcpy(vectors + kVectorBytes, &context.fpsr, 8);
      RestoreFpuState(vectors);
      restored = true;
    } else if (head.magic != kESR_MAGIC) {
      break;
    }
    offset += head.size;
  }
  return Error::kInvalidArgument;
}

}  // namespace

Result<SignalReturn> PopSignalFrame(TrapFrame& frame) {
  const u64 frame_at = frame.sp;
  if (!IsAligned(frame_at, 16)) return Error::kBadAddress;
  const Head head = TRY(mm::ReadUser<Head>(frame_at));
  TRY(RestoreVectors(frame_at + kRecordsOffset));
  for (int i = 0; i < 31; i++) frame.x[i] = head.regs[i];
  frame.sp = head.sp;
  frame.pc = head.pc;
  frame.pstate = UserPstate(head.pstate);
  frame.syscall_number = ~u64{0};
  return SignalReturn{.mask = head.sigmask,
                      .alternate_base = head.stack.sp,
                      .alternate_size = head.stack.size,
                      .alternate_flags = static_cast<u32>(head.stack.flags)};
}

}  // namespace caponier::arch
