// Entries and exits of the kernel. A frame is built in the order of TrapFrame (machine/trap_frame.h), highest member first; the
// numbers below are members of it.
#include "kernel/arch/x86_64/asm.inc"

.set FRAME_R11, 6*8
.set FRAME_RCX, 11*8
.set FRAME_RIP, 18*8
.set FRAME_CS, 19*8
.set FRAME_RFLAGS, 20*8
.set FRAME_SIZE, 23*8

// Calls a handler of what came from the program: the frame lies at the top of the stack, the handler's own part of it at another distance
// below each time. The way back goes by where the frame must be, not by what the handler leaves in a register.
.macro CALL_BELOW_FRAME handler
  movq %rsp, %rdi
  subq g_stack_offset(%rip), %rsp
  call \handler
  movq %gs:0, %rsp
  subq $FRAME_SIZE, %rsp
.endm

.macro PUSH_REGISTERS
  pushq %rdi
  pushq %rsi
  pushq %rdx
  pushq %rcx
  pushq %rax
  pushq %r8
  pushq %r9
  pushq %r10
  pushq %r11
  pushq %rbx
  pushq %rbp
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
.endm
.macro POP_REGISTERS  // leaves the stack at original_rax
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbp
  popq %rbx
  popq %r11
  popq %r10
  popq %r9
  popq %r8
  popq %rax
  popq %rcx
  popq %rdx
  popq %rsi
  popq %rdi
.endm

// A system call [intel-sdm] vol. 2B SYSCALL: return address in rcx, flags in r11, interrupts off and AC clear by SFMASK, and the
// program's stack still in rsp.
FUNCTION SyscallEntry
  swapgs
  movq %rsp, %gs:8
  movq %gs:0, %rsp
  pushq $0x23
  pushq %gs:8
  pushq %r11
  pushq $0x2b
  pushq %rcx
  pushq $0
  pushq $256
  pushq %rax
  PUSH_REGISTERS
  xorl %ebp, %ebp
  CALL_BELOW_FRAME SyscallTrap
  // sysret takes the return address from rcx and the flags from r11, which a frame that a signal changed does not hold. An address
  // outside the program's half must never reach it: some CPUs then fault in ring 0 on the program's stack (CVE-2012-0217).
  movq FRAME_RCX(%rsp), %rcx
  movq FRAME_R11(%rsp), %r11
  cmpq %rcx, FRAME_RIP(%rsp)
  jne LeaveByIret
  cmpq %r11, FRAME_RFLAGS(%rsp)
  jne LeaveByIret
  // With the trap flag sysret traps before the program's next instruction, again each time a handler of that returns; the resume flag it clears.
  testl $0x10100, %r11d
  jnz LeaveByIret
  shrq $47, %rcx
  jnz LeaveByIret
  POP_REGISTERS
  movq 6*8(%rsp), %rsp
  swapgs
  sysretq
LeaveByIret:
  POP_REGISTERS
  addq $24, %rsp
  swapgs
  iretq
END SyscallEntry

// void EnterUser(TrapFrame*)
FUNCTION EnterUserAsm
  movq %rdi, %rsp
  jmp LeaveByIret
END EnterUserAsm

.macro VECTOR number, has_error
  .balign 16
  .if \number == 0
  VectorTable:
  .endif
  endbr64
  .if \has_error == 0
  pushq $0
  .endif
  pushq $\number
  jmp TrapCommon
.endm

.section .text.vectors, "ax", @progbits
.globl VectorTable
.set number, 0
.rept 80
  .if number == 8 || (number >= 10 && number <= 14) || number == 17 || number == 21 || number == 29 || number == 30
  VECTOR number, 1
  .else
  VECTOR number, 0
  .endif
  .set number, number + 1
.endr
.balign 16
TrapCommon:
  pushq $-1
  PUSH_REGISTERS
  cld
  CLAC_PATCHED
  testb $3, FRAME_CS(%rsp)
  jz 1f
  swapgs
  // As a system call leaves it, and not null, or an emulator would translate the kernel once for each.
  movl $0x10, %eax
  movl %eax, %ss
  xorl %ebp, %ebp
  CALL_BELOW_FRAME UserTrap
  jmp LeaveByIret
1:movq %rsp, %rdi
  call KernelTrap
  POP_REGISTERS
  addq $24, %rsp
  iretq

// void SwitchStacks(u64* save_sp, u64 load_sp): each stack has its own canary, which waits on it with the registers.
FUNCTION SwitchStacks
  pushq %rbx
  pushq %rbp
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  pushq __stack_chk_guard(%rip)
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq __stack_chk_guard(%rip)
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbp
  popq %rbx
  ret
END SwitchStacks

// The first return of a new thread: PrepareThread put the entry in r12 and its argument in r13.
FUNCTION ThreadStart
  movq %r13, %rdi
  xorl %ebp, %ebp
  call *%r12
  ud2
END ThreadStart

// Copies between kernel and program. A fault between UserCopyBegin and UserCopyEnd that cannot be mended continues at UserCopyFault.
// Eight bytes at a time and unrolled: under an emulator `rep movsb` costs an iteration a byte.
// size_t UserCopy(void* to, const void* from, size_t bytes): bytes not copied
FUNCTION UserCopy
  movq %rdx, %rax
  STAC_PATCHED
.globl UserCopyBegin
UserCopyBegin:
  cmpq $64, %rax
  jb 2f
1:movq 0(%rsi), %rcx
  movq 8(%rsi), %rdx
  movq 16(%rsi), %r8
  movq 24(%rsi), %r9
  movq %rcx, 0(%rdi)
  movq %rdx, 8(%rdi)
  movq %r8, 16(%rdi)
  movq %r9, 24(%rdi)
  movq 32(%rsi), %rcx
  movq 40(%rsi), %rdx
  movq 48(%rsi), %r8
  movq 56(%rsi), %r9
  movq %rcx, 32(%rdi)
  movq %rdx, 40(%rdi)
  movq %r8, 48(%rdi)
  movq %r9, 56(%rdi)
  addq $64, %rsi
  addq $64, %rdi
  subq $64, %rax
  cmpq $64, %rax
  jae 1b
2:cmpq $8, %rax
  jb 4f
3:movq (%rsi), %rcx
  movq %rcx, (%rdi)
  addq $8, %rsi
  addq $8, %rdi
  subq $8, %rax
  cmpq $8, %rax
  jae 3b
4:testq %rax, %rax
  jz 6f
5:movb (%rsi), %cl
  movb %cl, (%rdi)
  incq %rsi
  incq %rdi
  decq %rax
  jnz 5b
6:
.globl UserCopyEnd
UserCopyEnd:
UserCopyFault:
  CLAC_PATCHED
  ret
END UserCopy

// size_t UserZero(void* to, size_t bytes)
FUNCTION UserZero
  movq %rsi, %rax
  xorl %ecx, %ecx
  STAC_PATCHED
.globl UserZeroBegin
UserZeroBegin:
  cmpq $64, %rax
  jb 2f
1:movq %rcx, 0(%rdi)
  movq %rcx, 8(%rdi)
  movq %rcx, 16(%rdi)
  movq %rcx, 24(%rdi)
  movq %rcx, 32(%rdi)
  movq %rcx, 40(%rdi)
  movq %rcx, 48(%rdi)
  movq %rcx, 56(%rdi)
  addq $64, %rdi
  subq $64, %rax
  cmpq $64, %rax
  jae 1b
2:testq %rax, %rax
  jz 4f
3:movb %cl, (%rdi)
  incq %rdi
  decq %rax
  jnz 3b
4:
.globl UserZeroEnd
UserZeroEnd:
  CLAC_PATCHED
  ret
END UserZero

// bool LoadUserWord(u64 address, u32* value)
FUNCTION LoadUserWord
  STAC_PATCHED
.globl UserWordBegin
UserWordBegin:
  movl (%rdi), %eax
  CLAC_PATCHED
  movl %eax, (%rsi)
  movl $1, %eax
  ret
END LoadUserWord

// bool ExchangeUserWord(u64 address, u32 expected, u32 desired, u32* found)
FUNCTION ExchangeUserWord, LoadUserWord
  movl %esi, %eax
  STAC_PATCHED
  lock cmpxchgl %edx, (%rdi)
  CLAC_PATCHED
  movl %eax, (%rcx)
  movl $1, %eax
  ret
.globl UserWordEnd
UserWordEnd:
.globl UserWordFault
UserWordFault:
  CLAC_PATCHED
  xorl %eax, %eax
  ret
END ExchangeUserWord
