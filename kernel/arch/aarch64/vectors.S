// Exceptions [arm-arm] D1.3. Every entry saves the interrupted registers as a TrapFrame and calls one C++ handler.
//
// What stays true. Interrupts are masked from entry to ERET (hardware sets DAIF), so the kernel runs one path at a time. On the way
// in from the program: PAN comes on by hardware (SCTLR_EL1.SPAN = 0), tag checking is switched back on (hardware sets TCO), and the
// kernel's return-address key replaces the program's, so that the program can never sign for the kernel, as the kernel's generator of tags
// does, whose draws the program can neither see nor steer. On the way out the program's return. A kernel stack that has run into its guard
// page is noticed before it is written, and the frame goes to the emergency stack instead.
//
// x18 is the program's in the program and the shadow stack's pointer in the kernel. TPIDR_EL1 holds where the current thread's shadow stack
// begins, which no write to memory changes: each entry from the program starts there. What was interrupted in the kernel goes on with the x18
// that it had, since the handler leaves it as it was; so the pointer stands in no frame, neither to be read nor to be overwritten.
#include "kernel/arch/aarch64/asm.inc"

.macro SAVE_GENERAL r18=x18
  stp x0, x1, [sp, #FRAME_X(0)]
  stp x2, x3, [sp, #FRAME_X(2)]
  stp x4, x5, [sp, #FRAME_X(4)]
  stp x6, x7, [sp, #FRAME_X(6)]
  stp x8, x9, [sp, #FRAME_X(8)]
  stp x10, x11, [sp, #FRAME_X(10)]
  stp x12, x13, [sp, #FRAME_X(12)]
  stp x14, x15, [sp, #FRAME_X(14)]
  stp x16, x17, [sp, #FRAME_X(16)]
  stp \r18, x19, [sp, #FRAME_X(18)]
  stp x20, x21, [sp, #FRAME_X(20)]
  stp x22, x23, [sp, #FRAME_X(22)]
  stp x24, x25, [sp, #FRAME_X(24)]
  stp x26, x27, [sp, #FRAME_X(26)]
  stp x28, x29, [sp, #FRAME_X(28)]
.endm

.macro RESTORE_GENERAL r18=x18
  ldp x0, x1, [sp, #FRAME_X(0)]
  ldp x2, x3, [sp, #FRAME_X(2)]
  ldp x4, x5, [sp, #FRAME_X(4)]
  ldp x6, x7, [sp, #FRAME_X(6)]
  ldp x8, x9, [sp, #FRAME_X(8)]
  ldp x10, x11, [sp, #FRAME_X(10)]
  ldp x12, x13, [sp, #FRAME_X(12)]
  ldp x14, x15, [sp, #FRAME_X(14)]
  ldp x16, x17, [sp, #FRAME_X(16)]
  ldp \r18, x19, [sp, #FRAME_X(18)]
  ldp x20, x21, [sp, #FRAME_X(20)]
  ldp x22, x23, [sp, #FRAME_X(22)]
  ldp x24, x25, [sp, #FRAME_X(24)]
  ldp x26, x27, [sp, #FRAME_X(26)]
  ldp x28, x29, [sp, #FRAME_X(28)]
.endm

// x22, x23: the interrupted PC and PSTATE; x24: no system call.
.macro SAVE_STATE
  mrs x22, elr_el1
  mrs x23, spsr_el1
  mov x24, #-1
  stp x22, x23, [sp, #FRAME_PC]
  stp x0, x24, [sp, #FRAME_ORIGINAL_X0]
.endm

.macro USER_ENTRY handler
  sub sp, sp, #FRAME_SIZE
  SAVE_GENERAL
  mrs x21, sp_el0
  stp x30, x21, [sp, #FRAME_X(30)]
  SAVE_STATE
  NEEDS FEATURE_MTE, msr tco, #0
  mrs x18, tpidr_el1
  adrp x0, g_kernel_key
  ldr x1, [x0, :lo12:g_kernel_key]
  NEEDS FEATURE_PAUTH, msr s3_0_c2_c1_0, x1  // APIAKeyLo_EL1
  adrp x1, g_stack_offset
  ldr x1, [x1, :lo12:g_stack_offset]
  // The kernel's generator goes on where it stopped, and with eight bits that were drawn for this entry.
  adrp x2, g_tag_generators
  add x2, x2, :lo12:g_tag_generators
  ldr x3, [x2, #TAGS_KERNEL]
  NEEDS FEATURE_MTE, mrs x4, rgsr_el1
  str x4, [x2, #TAGS_PROGRAM]
  eor x3, x3, x1, lsl #8
  orr x3, x3, #TAGS_NEVER_ZERO
  NEEDS FEATURE_MTE, msr rgsr_el1, x3
  mov x3, #TAGS_EXCLUDED
  NEEDS FEATURE_MTE, msr gcr_el1, x3
  NEEDS FEATURE_PAUTH, isb  // the next signing must see the key; who has tags can sign
  mov x0, sp
  mov x29, xzr  // backtraces of the kernel end here
  mov x30, xzr
  mov x19, sp
  sub sp, sp, x1
  bl \handler
  mov sp, x19
  b ReturnToUser
.endm

.macro KERNEL_ENTRY handler
  sub sp, sp, #FRAME_SIZE
  msr tpidrro_el0, x0
  mov x0, sp
  at s1e1w, x0
  isb
  mrs x0, par_el1
  tbnz x0, #0, StackOverflow
  mrs x0, tpidrro_el0
  msr tpidrro_el0, xzr  // the program can read it
  SAVE_GENERAL r18=xzr
  add x21, sp, #FRAME_SIZE
  stp x30, x21, [sp, #FRAME_X(30)]
  SAVE_STATE
  NEEDS FEATURE_MTE, msr tco, #0
  mov x0, sp
  bl \handler
  b ReturnToKernel
.endm

.macro EMERGENCY_SHADOW_STACK
  adrp x18, emergency_shadow_stack
  add x18, x18, :lo12:emergency_shadow_stack
.endm

.macro VECTOR target
.balign 128
  b \target
.endm

.section .text.vectors, "ax"
.balign 2048
.globl exception_vectors
.hidden exception_vectors
exception_vectors:
  // From EL1 on SP_EL0: the kernel never runs so.
  VECTOR Unexpected
  VECTOR Unexpected
  VECTOR Unexpected
  VECTOR Unexpected
  // From EL1.
  VECTOR KernelSync
  VECTOR KernelIrq
  VECTOR Unexpected
  VECTOR KernelError
  // From EL0, 64-bit.
  VECTOR UserSync
  VECTOR UserIrq
  VECTOR Unexpected
  VECTOR UserError
  // From EL0, 32-bit: no PSTATE that this kernel returns to selects it.
  VECTOR Unexpected
  VECTOR Unexpected
  VECTOR Unexpected
  VECTOR Unexpected

UserSync: USER_ENTRY HandleUserSync
UserIrq: USER_ENTRY HandleUserIrq
UserError: USER_ENTRY HandleError
KernelSync: KERNEL_ENTRY HandleKernelSync
KernelIrq: KERNEL_ENTRY HandleKernelIrq
KernelError: KERNEL_ENTRY HandleError
Unexpected: EMERGENCY_SHADOW_STACK  // x18 may be the program's
  KERNEL_ENTRY HandleUnexpected

// SP is what it was at the exception less FRAME_SIZE, x0 is in TPIDRRO_EL0.
StackOverflow:
  mov x0, sp
  msr par_el1, x0  // nothing else holds a value here without a stack
  adrp x0, emergency_stack_top
  add x0, x0, :lo12:emergency_stack_top
  sub sp, x0, #FRAME_SIZE
  mrs x0, tpidrro_el0
  EMERGENCY_SHADOW_STACK  // the other may be what overflowed
  SAVE_GENERAL r18=xzr
  mrs x21, par_el1
  add x21, x21, #FRAME_SIZE
  stp x30, x21, [sp, #FRAME_X(30)]
  SAVE_STATE
  NEEDS FEATURE_MTE, msr tco, #0
  mov x0, sp
  bl HandleUnexpected
  b .

// void EnterUser(TrapFrame*)
FUNCTION EnterUserAsm
  mov sp, x0
ReturnToUser:
  adrp x0, g_program_key
  ldr x1, [x0, :lo12:g_program_key]
  NEEDS FEATURE_PAUTH, msr s3_0_c2_c1_0, x1
  adrp x0, g_tag_generators
  add x0, x0, :lo12:g_tag_generators
  ldp x2, x3, [x0, #TAGS_PROGRAM]
  NEEDS FEATURE_MTE, mrs x1, rgsr_el1
  NEEDS FEATURE_MTE, msr rgsr_el1, x2
  NEEDS FEATURE_MTE, msr gcr_el1, x3
  str x1, [x0, #TAGS_KERNEL]
  ldp x22, x23, [sp, #FRAME_PC]
  ldp x30, x21, [sp, #FRAME_X(30)]
  // After a system call these mostly hold what they should. Reading is cheaper than writing, which orders the pipeline, and under
  // an emulator leaves the translated block.
  mrs x0, elr_el1
  mrs x1, spsr_el1
  mrs x2, sp_el0
  cmp x0, x22
  b.eq 1f
  msr elr_el1, x22
1:cmp x1, x23
  b.eq 2f
  msr spsr_el1, x23
2:cmp x2, x21
  b.eq 3f
  msr sp_el0, x21
3:RESTORE_GENERAL
  add sp, sp, #FRAME_SIZE
  eret
  dsb nsh  // nothing past ERET runs ahead with the program's registers
  isb
END EnterUserAsm

.section .text.vectors, "ax"
ReturnToKernel:
  ldp x22, x23, [sp, #FRAME_PC]
  ldr x30, [sp, #FRAME_X(30)]
  msr elr_el1, x22
  msr spsr_el1, x23
  RESTORE_GENERAL r18=xzr
  add sp, sp, #FRAME_SIZE
  eret
  dsb nsh
  isb

.section .bss.emergency, "aw", @nobits
.balign 16
emergency_shadow_stack:
  .skip 1024
  .skip 8192
emergency_stack_top:
