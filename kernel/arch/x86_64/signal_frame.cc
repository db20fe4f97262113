// Signal frames as Linux on x86-64 lays them out, for programs read and change them: return address, ucontext and siginfo, and above
// them the vector state with the marks that say it is a whole XSAVE image [intel-sdm] vol. 1 13.4.
//
// The frame comes back from memory the program owns. What stays true: segment selectors are the kernel's, flags change only where
// a program may change them, the program counter lies in the program's half, and the vector image is such that XRSTOR cannot fault
// in the kernel: no reserved bit of MXCSR or of the header, and no component that is not enabled.
#include "lib/linux_abi/signal_frame.h"

#include "kernel/arch/machine.h"
#include "kernel/arch/x86_64/features.h"
#include "kernel/mm/user_copy.h"
#include "kernel/sched/thread.h"
#include "lib/linux_abi/signal_numbers.h"

namespace caponier::arch {
namespace {

using namespace linux_abi;
using namespace linux_abi::x86_64;

constexpr size_t kLegacyBytes = sizeof(Fpstate), kHeaderBytes = sizeof(XsaveHeader);
constexpr size_t kSoftwareOffset = offsetof(Fpstate, sw_reserved);
constexpr u64 kX87 = 1, kSse = 2;
constexpr u64 kVectorAlignment = 64;  // of an XSAVE area
constexpr u64 kPageFaultVector = 14, kExceptionVectors = 32;

// RFLAGS bits a program may set at will [intel-sdm] vol. 1 3.4.3: CF PF AF ZF SF TF DF OF RF AC.
constexpr u64 kProgramFlags = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x800 | 0x10000 | 0x40000;
// Clear when a handler starts: DF by the ABI, TF and RF so that it is not stepped.
constexpr u64 kHandlerClears = 0x100 | 0x400 | 0x10000;

struct VectorFormat {
  bool xsave = false;
  u64 components = kX87 | kSse;  // XCR0
  size_t bytes = kLegacyBytes;
  u32 mxcsr_mask = 0;
};

const VectorFormat& Format() {
  static VectorFormat format;
  if (format.mxcsr_mask != 0) return format;
  alignas(64)
      Fpstate image;  // FXSAVE wants 16; more makes the compiler align the stack itself, which entries from the program do not
  asm volatile("fxsave64 %0" : "=m"(image));
  constexpr u32 kDefaultMask = 0xffbf;  // when the processor stores 0 [intel-sdm] vol. 1 11.6.6
  format.xsave = Features().xsave;
  if (format.xsave) {
    u32 low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    format.components = u64{high} << 32 | low;
    format.bytes = Cpuid(0xd).ebx;
  }
  format.mxcsr_mask = image.mxcsr_mask != 0 ? image.mxcsr_mask : kDefaultMask;
  return format;
}

std::byte* CurrentArea() { return sched::CurrentThread().machine.fpu; }

// Bytes on the stack: with XSAVE the closing mark follows the image.
size_t VectorFrameBytes(const VectorFormat& format) { return format.bytes + (format.xsave ? kFP_XSTATE_MAGIC2_SIZE : 0); }

Result<void> PushVectorState(u64 address) {
  const VectorFormat& format = Format();
  std::byte* area = CurrentArea();
  SaveFpuState(area);
  SoftwareBytes marks;
  if (format.xsave) {
    marks = {.magic1 = kFP_XSTATE_MAGIC1,
             .extended_size = static_cast<u32>(VectorFrameBytes(format)),
             .xfeatures = format.components,
             .xstate_size = static_cast<u32>(format.bytes)};
    // Programs that rewrite the legacy part expect it to count.
    u64 present;
    __builtin_memcpy(&present, area + kLegacyBytes, sizeof(present));
    present |= kX87 | kSse;
    __builtin_memcpy(area + kLegacyBytes, &present, sizeof(present));
    TRY(mm::WriteUser(address + format.bytes, u32{kFP_XSTATE_MAGIC2}));
  }
  __builtin_memcpy(area + kSoftwareOffset, &marks, sizeof(marks));
  TRY(mm::CopyToUser(address, Bytes(area, format.bytes)));
  InitFpuState(area);  // what a handler starts with
  RestoreFpuState(area);
  return {};
}

// Is the image at `address` a whole one? Without its marks only the legacy part counts.
Result<bool> HoldsWholeImage(u64 address, const SoftwareBytes& marks, const VectorFormat& format) {
  if (!format.xsave || marks.magic1 != kFP_XSTATE_MAGIC1) return false;
  if (marks.xstate_size < kLegacyBytes + kHeaderBytes || marks.xstate_size > format.bytes) return false;
  if (marks.extended_size < marks.xstate_size + kFP_XSTATE_MAGIC2_SIZE) return false;
  return TRY(mm::ReadUser<u32>(address + marks.xstate_size)) == kFP_XSTATE_MAGIC2;
}

Result<void> PopVectorState(u64 address) {
  const VectorFormat& format = Format();
  std::byte* area = CurrentArea();
  InitFpuState(area);
  if (address != 0) {
    const auto marks = TRY(mm::ReadUser<SoftwareBytes>(address + kSoftwareOffset));
    const bool whole = TRY(HoldsWholeImage(address, marks, format));
    const size_t bytes = whole ? marks.xstate_size : kLegacyBytes;
    const Result<void> copied = mm::CopyFromUser(MutableBytes(area, bytes), address);
    if (!copied.ok()) InitFpuState(area);
    TRY(copied);
    u32 mxcsr;
    __builtin_memcpy(&mxcsr, area + offsetof(Fpstate, mxcsr), sizeof(mxcsr));
    mxcsr &= format.mxcsr_mask;
    __builtin_memcpy(area + offsetof(Fpstate, mxcsr), &mxcsr, sizeof(mxcsr));
    if (format.xsave) {
      XsaveHeader header{.xfeatures = kX87 | kSse};
      if (whole) {
        u64 present;
        __builtin_memcpy(&present, area + kLegacyBytes, sizeof(present));
        header.xfeatures = present & marks.xfeatures & format.components;
      }
      __builtin_memcpy(area + kLegacyBytes, &header, sizeof(header));
    }
  }
  RestoreFpuState(area);
  return {};
}

Sigcontext SaveRegisters(const TrapFrame& f, const SignalDelivery& delivery, u64 vector_address) {
  Sigcontext c{.r8 = f.r8,
               .r9 = f.r9,
               .r10 = f.r10,
               .r11 = f.r11,
               .r12 = f.r12,
               .r13 = f.r13,
               .r14 = f.r14,
               .r15 = f.r15,
               .rdi = f.rdi,
               .rsi = f.rsi,
               .rbp = f.rbp,
               .rbx = f.rbx,
               .rdx = f.rdx,
               .rax = f.rax,
               .rcx = f.rcx,
               .rsp = f.rsp,
               .rip = f.rip,
               .eflags = f.rflags,
               .cs = static_cast<u16>(f.cs),
               .ss = static_cast<u16>(f.ss)};
  if (f.vector < kExceptionVectors) {
    c.trapno = f.vector;
    c.err = f.error;
    if (f.vector == kPageFaultVector)
      __builtin_memcpy(&c.cr2, delivery.info.data() + offsetof(Siginfo, fault.addr), sizeof(c.cr2));
  }
  c.oldmask = delivery.mask;
  c.fpstate = vector_address;
  return c;
}

void LoadRegisters(TrapFrame& f, const Sigcontext& c) {
  f.r8 = c.r8, f.r9 = c.r9, f.r10 = c.r10, f.r11 = c.r11, f.r12 = c.r12, f.r13 = c.r13, f.r14 = c.r14, f.r15 = c.r15;
  f.rdi = c.rdi, f.rsi = c.rsi, f.rbp = c.rbp, f.rbx = c.rbx, f.rdx = c.rdx, f.rax = c.rax, f.rcx = c.rcx, f.rsp = c.rsp;
  f.rip = c.rip;
  f.rflags = (f.rflags & ~kProgramFlags) | (c.eflags & kProgramFlags);
  f.cs = kUserCodeSelector;
  f.ss = kUserDataSelector;
}

}  // namespace

Result<void> PushSignalFrame(TrapFrame& frame, const SignalDelivery& delivery) {
  // x86-64 has no vDSO return: every C library brings its restorer.
  if (delivery.restorer == 0) return Error::kBadAddress;
  // An address that is none would fault in the kernel, at iretq.
  if (delivery.handler >= kUserEnd) return Error::kBadAddress;
  const VectorFormat& format = Format();
  u64 top = delivery.stack_top;
  if (top == frame.rsp) top -= kRedZoneBytes;
  const u64 vector_address = AlignDown(top - VectorFrameBytes(format), kVectorAlignment);
  const u64 address = FrameAddress(vector_address);
  // Wrapped around, or not the program's: nothing is written.
  if (address > top || !mm::IsUserRange(address, top - address)) return Error::kBadAddress;
  RtSigframe pushed;
  pushed.pretcode = delivery.restorer;
  pushed.uc.flags = kUC_SIGCONTEXT_SS | kUC_STRICT_RESTORE_SS | (format.xsave ? kUC_FP_XSTATE : 0);
  pushed.uc.stack = {
      .sp = delivery.alternate_base, .flags = static_cast<i32>(delivery.alternate_flags), .size = delivery.alternate_size};
  pushed.uc.mcontext = SaveRegisters(frame, delivery, vector_address);
  pushed.uc.sigmask = delivery.mask;
  __builtin_memcpy(&pushed.info, delivery.info.data(), sizeof(pushed.info));
  TRY(mm::CopyToUser(address, BytesOf(pushed)));
  TRY(PushVectorState(vector_address));
  frame.rdi = static_cast<u64>(delivery.signal);
  frame.rsi = address + offsetof(RtSigframe, info);
  frame.rdx = address + offsetof(RtSigframe, uc);
  frame.rax = 0;  // no vector arguments, for handlers without a prototype
  frame.rip = delivery.handler;
  frame.rsp = address;
  frame.rflags &= ~kHandlerClears;
  frame.cs = kUserCodeSelector;
  frame.ss = kUserDataSelector;
  return {};
}

Result<SignalReturn> PopSignalFrame(TrapFrame& frame) {
  // The handler's return took the restorer's address off the stack.
  const auto popped = TRY(mm::ReadUser<RtSigframe>(frame.rsp - sizeof(u64)));
  if (popped.uc.mcontext.rip >= kUserEnd) return Error::kBadAddress;
  TRY(PopVectorState(popped.uc.mcontext.fpstate));
  LoadRegisters(frame, popped.uc.mcontext);
  return SignalReturn{.mask = popped.uc.sigmask,
                      .alternate_base = popped.uc.stack.sp,
                      .alternate_size = popped.uc.stack.size,
                      .alternate_flags = static_cast<u32>(popped.uc.stack.flags)};
}

}  // namespace caponier::arch
