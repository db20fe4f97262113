// The registers of interrupted code as vectors.S saves them, lowest address first. For code from EL0 the frame is the top of the
// thread's kernel stack.
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace caponier::arch {

struct TrapFrame {
  u64 x[31];           // x29 is the frame pointer, x30 the link register
  u64 sp;              // SP_EL0 for a frame from EL0, the interrupted kernel stack pointer else
  u64 pc;              // ELR_EL1
  u64 pstate;          // SPSR_EL1
  u64 original_x0;     // x0 at entry: a system call's first argument
  u64 syscall_number;  // ~0 outside a system call
};
static_assert(sizeof(TrapFrame) == 36 * 8 && sizeof(TrapFrame) % 16 == 0, "vectors.S knows the offsets");

// PSTATE [arm-arm] C5.2.19 SPSR_EL1: mode EL0t with nothing masked; SSBS is added by InitUserFrame's caller when it exists.
inline constexpr u64 kPstateModeMask = 0x1f, kPstateUser = 0;
inline constexpr u64 kPstateBtypeMask = u64{3} << 10, kPstateSingleStep = u64{1} << 21, kPstateTco = u64{1} << 25;

inline bool FromUser(const TrapFrame& frame) { return (frame.pstate & kPstateModeMask) == kPstateUser; }
inline u64 SyscallNumber(const TrapFrame& frame) { return frame.syscall_number; }
inline u64 SyscallArgument(const TrapFrame& frame, int index) { return index == 0 ? frame.original_x0 : frame.x[index]; }
inline void SetSyscallReturn(TrapFrame& frame, u64 value) { frame.x[0] = value; }
inline u64 SyscallReturn(const TrapFrame& frame) { return frame.x[0]; }
// Makes the program execute its system call again from the start. `svc` is four bytes long.
inline void RestartSyscall(TrapFrame& frame) {
  frame.x[0] = frame.original_x0;
  frame.pc -= 4;
}
inline u64 ProgramCounter(const TrapFrame& frame) { return frame.pc; }
inline void SetProgramCounter(TrapFrame& frame, u64 value) { frame.pc = value; }
inline u64 StackPointer(const TrapFrame& frame) { return frame.sp; }
inline u64 FramePointer(const TrapFrame& frame) { return frame.x[29]; }
// Where the function returns to while it has not stored it; 0 where calls always store it.
inline u64 LinkRegister(const TrapFrame& frame) { return frame.x[30]; }
inline void SetStackPointer(TrapFrame& frame, u64 value) { frame.sp = value; }
// The frame no longer belongs to a system call (a signal handler returned into other code).
inline void ForgetSyscall(TrapFrame& frame) { frame.syscall_number = ~u64{0}; }
inline constexpr int kBreakpointCode = 1;  // si_code of SIGTRAP from brk: TRAP_BRKPT
// A return address without its signature (XPACLRI, a NOP where there are none).
inline u64 StripPointerAuth(u64 address) {
  register u64 x30 asm("x30") = address;
  asm("hint #7" : "+r"(x30));
  return x30;
}
// Calls visit(name, value) for each general register, in the order reports print them.
template <typename Visitor>
void ForEachRegister(const TrapFrame& frame, Visitor visit) {
  constexpr std::string_view kNames[] = {"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
                                         "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
                                         "x22", "x23", "x24", "x25", "x26", "x27", "x28", "fp",  "lr"};
  for (int i = 0; i < 31; i++) visit(kNames[i], frame.x[i]);
  visit("sp", frame.sp);
  visit("pc", frame.pc);
  visit("psr", frame.pstate);
}
// A fresh program: all registers zero but these.
inline void InitUserFrame(TrapFrame& frame, u64 pc, u64 sp) {
  frame = TrapFrame{};
  frame.syscall_number = ~u64{0};
  frame.pc = pc;
  frame.sp = sp;
  frame.pstate = kPstateUser;
}

}  // namespace caponier::arch
