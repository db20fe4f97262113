// Changing threads, and the program's vector registers, which only this file touches.
#include "kernel/arch/aarch64/asm.inc"

// void SwitchContext(ThreadState* from, const ThreadState* to): the callee-saved registers go on the stack, the return address signed with
// the stack pointer it belongs to, so that a saved context cannot be forged or moved. Each stack has its own canary and key, which wait
// on it too; the shadow stack's pointer does not, as it is what no stack may tell.
FUNCTION SwitchContext
  paciasp
  sub sp, sp, #112
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  adrp x10, __stack_chk_guard
  adrp x11, g_kernel_key
  ldr x12, [x10, :lo12:__stack_chk_guard]
  ldr x13, [x11, :lo12:g_kernel_key]
  stp x12, x13, [sp, #96]
  mov x9, sp
  stp x9, x18, [x0, #THREAD_STACKS]
  ldp x9, x18, [x1, #THREAD_STACKS]
  ldr x12, [x1, #THREAD_SHADOW_STACK]
  mov sp, x9
  msr tpidr_el1, x12
  ldp x12, x13, [sp, #96]
  str x12, [x10, :lo12:__stack_chk_guard]
  str x13, [x11, :lo12:g_kernel_key]
  NEEDS FEATURE_PAUTH, msr s3_0_c2_c1_0, x13  // APIAKeyLo_EL1
  NEEDS FEATURE_PAUTH, isb
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  add sp, sp, #112
  autiasp
  ret
END SwitchContext

// The first return of a new thread: x19 is its function, x20 the argument.
FUNCTION StartThread
  mov x0, x20
  mov x29, xzr
  mov x30, xzr
  blr x19
  brk #0
END StartThread

// void StoreVectors(std::byte* area): v0 to v31, then FPSR and FPCR.
FUNCTION StoreVectors
  stp q0, q1, [x0, #0]
  stp q2, q3, [x0, #32]
  stp q4, q5, [x0, #64]
  stp q6, q7, [x0, #96]
  stp q8, q9, [x0, #128]
  stp q10, q11, [x0, #160]
  stp q12, q13, [x0, #192]
  stp q14, q15, [x0, #224]
  stp q16, q17, [x0, #256]
  stp q18, q19, [x0, #288]
  stp q20, q21, [x0, #320]
  stp q22, q23, [x0, #352]
  stp q24, q25, [x0, #384]
  stp q26, q27, [x0, #416]
  stp q28, q29, [x0, #448]
  stp q30, q31, [x0, #480]
  mrs x1, fpsr
  mrs x2, fpcr
  str w1, [x0, #512]
  str w2, [x0, #516]
  ret
END StoreVectors

// void LoadVectors(const std::byte* area)
FUNCTION LoadVectors
  ldp q0, q1, [x0, #0]
  ldp q2, q3, [x0, #32]
  ldp q4, q5, [x0, #64]
  ldp q6, q7, [x0, #96]
  ldp q8, q9, [x0, #128]
  ldp q10, q11, [x0, #160]
  ldp q12, q13, [x0, #192]
  ldp q14, q15, [x0, #224]
  ldp q16, q17, [x0, #256]
  ldp q18, q19, [x0, #288]
  ldp q20, q21, [x0, #320]
  ldp q22, q23, [x0, #352]
  ldp q24, q25, [x0, #384]
  ldp q26, q27, [x0, #416]
  ldp q28, q29, [x0, #448]
  ldp q30, q31, [x0, #480]
  ldr w1, [x0, #512]
  ldr w2, [x0, #516]
  msr fpsr, x1
  msr fpcr, x2
  ret
END LoadVectors
