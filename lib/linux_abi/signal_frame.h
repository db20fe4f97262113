// What the kernel pushes onto a program's stack to run a signal handler, and reads back in rt_sigreturn(2).
//
// x86-64: return address (the restorer), ucontext, siginfo; the floating-point state lies above, 64-byte aligned, and
// sigcontext::fpstate points to it. With XSAVE the state's software bytes carry FP_XSTATE_MAGIC1 and the size, and
// FP_XSTATE_MAGIC2 follows the state: without both, programs take it for a plain FXSAVE image.
//
// AArch64: siginfo, ucontext, and inside sigcontext::reserved a list of records, each with magic and size, ended by a record of
// zeroes; then the frame record {x29, x30} that unwinders follow.
//
// Everything read back comes from the program: no field of it may be trusted.
#pragma once

#include "lib/linux_abi/constant.h"
#include "lib/linux_abi/types.h"

namespace caponier::linux_abi {

namespace x86_64 {

struct SoftwareBytes {  // fpx_sw_bytes
  u32 magic1 = 0, extended_size = 0;
  u64 xfeatures = 0;
  u32 xstate_size = 0, padding[7] = {};
};
struct Fpstate {  // the FXSAVE image
  u16 cwd = 0, swd = 0, twd = 0, fop = 0;
  u64 rip = 0, rdp = 0;
  u32 mxcsr = 0, mxcsr_mask = 0;
  u32 st_space[32] = {}, xmm_space[64] = {}, reserved2[12] = {};
  SoftwareBytes sw_reserved;
};
struct XsaveHeader {
  u64 xfeatures = 0, reserved1[2] = {}, reserved2[5] = {};
};
struct Sigcontext {
  u64 r8 = 0, r9 = 0, r10 = 0, r11 = 0, r12 = 0, r13 = 0, r14 = 0, r15 = 0;
  u64 rdi = 0, rsi = 0, rbp = 0, rbx = 0, rdx = 0, rax = 0, rcx = 0, rsp = 0, rip = 0, eflags = 0;
  u16 cs = 0, gs = 0, fs = 0, ss = 0;
  u64 err = 0, trapno = 0, oldmask = 0, cr2 = 0;
  u64 fpstate = 0;  // address of Fpstate, 0: none
  u64 reserved1[8] = {};
};
struct Ucontext {
  u64 flags = 0, link = 0;
  StackT stack;
  Sigcontext mcontext;
  u64 sigmask = 0;
};
struct RtSigframe {
  u64 pretcode = 0;
  Ucontext uc;
  Siginfo info;
};
static_assert(sizeof(Fpstate) == 512 && sizeof(Sigcontext) == 256 && sizeof(RtSigframe) == 8 + 304 + 128);

// What the x86-64 psABI [sysv-x86-64] 3.2.2 asks: at a function's first instruction rsp + 8 is a multiple of 16.
inline constexpr u64 kRedZoneBytes = 128;
constexpr u64 FrameAddress(u64 stack_top) { return ((stack_top - sizeof(RtSigframe)) & ~u64{15}) - 8; }

}  // namespace x86_64

namespace aarch64 {

struct ContextHead {  // _aarch64_ctx
  u32 magic = 0, size = 0;
};
struct FpsimdContext {
  ContextHead head;
  u32 fpsr = 0, fpcr = 0;
  u64 vregs[32][2] = {};
};
struct EsrContext {
  ContextHead head;
  u64 esr = 0;
};
struct ExtraContext {
  ContextHead head;
  u64 datap = 0;
  u32 size = 0, reserved[3] = {};
};
struct Sigcontext {
  u64 fault_address = 0;
  u64 regs[31] = {};
  u64 sp = 0, pc = 0, pstate = 0;
  u64 padding = 0;
  alignas(16) u8 reserved[4096] = {};
};
struct Ucontext {
  u64 flags = 0, link = 0;
  StackT stack;
  u64 sigmask = 0;
  u8 unused[120] = {};  // the C library's signal set has 1024 bits
  u64 padding = 0;
  Sigcontext mcontext;
};
struct RtSigframe {
  Siginfo info;
  Ucontext uc;
};
struct FrameRecord {
  u64 fp = 0, lr = 0;
};
static_assert(sizeof(FpsimdContext) == 528 && sizeof(EsrContext) == 16 && sizeof(Sigcontext) == 4384);
static_assert(sizeof(RtSigframe) == 128 + 176 + 4384);

}  // namespace aarch64

}  // namespace caponier::linux_abi
