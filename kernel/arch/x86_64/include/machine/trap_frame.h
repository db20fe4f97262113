// The registers of interrupted code as the entry stubs push them, lowest address first. For code from ring 3 the frame is the
// top of the thread's kernel stack.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

struct TrapFrame {
  u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
  u64 original_rax;  // a system call's number; ~0 outside one
  u64 vector;        // 256 for a system call
  u64 error;
  u64 rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(TrapFrame) == 23 * 8);

inline constexpr u64 kUserCodeSelector = 0x2b, kUserDataSelector = 0x23, kKernelCodeSelector = 0x08, kKernelDataSelector = 0x10;
inline constexpr u64 kFlagsUserDefault = 0x202;  // IF and the always-one bit

inline bool FromUser(const TrapFrame& frame) { return (frame.cs & 3) == 3; }
inline u64 SyscallNumber(const TrapFrame& frame) { return frame.original_rax; }
inline u64 SyscallArgument(const TrapFrame& frame, int index) {
  const u64 arguments[] = {frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9};
  return arguments[index];
}
inline void SetSyscallReturn(TrapFrame& frame, u64 value) { frame.rax = value; }
inline u64 SyscallReturn(const TrapFrame& frame) { return frame.rax; }
// Makes the program execute its system call again from the start. `syscall` is two bytes long.
inline void RestartSyscall(TrapFrame& frame) {
  frame.rax = frame.original_rax;
  frame.rip -= 2;
}
inline u64 ProgramCounter(const TrapFrame& frame) { return frame.rip; }
inline void SetProgramCounter(TrapFrame& frame, u64 value) { frame.rip = value; }
inline u64 StackPointer(const TrapFrame& frame) { return frame.rsp; }
inline u64 FramePointer(const TrapFrame& frame) { return frame.rbp; }
// Where the function returns to while it has not stored it; 0 where calls always store it.
inline u64 LinkRegister(const TrapFrame&) { return 0; }
inline void SetStackPointer(TrapFrame& frame, u64 value) { frame.rsp = value; }
// The frame no longer belongs to a system call (a signal handler returned into other code).
inline void ForgetSyscall(TrapFrame& frame) { frame.original_rax = ~u64{0}; }
inline constexpr int kBreakpointCode = 0x80;  // si_code of SIGTRAP from int3: SI_KERNEL
inline u64 StripPointerAuth(u64 address) { return address; }
// Calls visit(name, value) for each register that a crash report shows.
template <typename Visitor>
void ForEachRegister(const TrapFrame& frame, Visitor visit) {
  visit("rip", frame.rip), visit("rsp", frame.rsp), visit("rbp", frame.rbp), visit("rax", frame.rax), visit("rbx", frame.rbx);
  visit("rcx", frame.rcx), visit("rdx", frame.rdx), visit("rsi", frame.rsi), visit("rdi", frame.rdi), visit("r8", frame.r8);
  visit("r9", frame.r9), visit("r10", frame.r10), visit("r11", frame.r11), visit("r12", frame.r12), visit("r13", frame.r13);
  visit("r14", frame.r14), visit("r15", frame.r15);
}
// A fresh program: all registers zero but these.
inline void InitUserFrame(TrapFrame& frame, u64 pc, u64 sp) {
  frame = TrapFrame{};
  frame.original_rax = ~u64{0};
  frame.rip = pc;
  frame.cs = kUserCodeSelector;
  frame.rflags = kFlagsUserDefault;
  frame.rsp = sp;
  frame.ss = kUserDataSelector;
}

}  // namespace caponier::arch
