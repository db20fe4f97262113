// The only instructions of the kernel that touch program memory: unprivileged loads and stores (LDTR, STTR), which the processor
// checks with the program's own rights, so PAN stays on and a kernel address can never pass. They check tags as the program's own
// accesses do (TCF0): in synchronous mode a mismatch ends the copy as any fault does and the system call returns EFAULT, as on
// Linux; what is latched the callers drop. The kernel's side of a copy is checked as all its accesses are.
//
// A fault that cannot be repaired continues at the routine's fixup (kUserCopyRoutines, below): a block copy falls back to single
// bytes so that the count is exact, a single byte ends the copy. x2 always holds the bytes not yet copied.
#include "kernel/arch/aarch64/asm.inc"

.macro FIXUP begin, end, target
  .pushsection .user_copy_fixups, "a"
  .balign 4
  .long \begin - ., \end - ., \target - .
  .popsection
.endm

// size_t CopyFromUserRaw(void* to, u64 from, size_t bytes)
FUNCTION CopyFromUserAsm
  cmp x2, #64
  b.lo 2f
1:ldtr x3, [x1, #0]
  ldtr x4, [x1, #8]
  ldtr x5, [x1, #16]
  ldtr x6, [x1, #24]
  ldtr x7, [x1, #32]
  ldtr x8, [x1, #40]
  ldtr x9, [x1, #48]
  ldtr x10, [x1, #56]
  stp x3, x4, [x0, #0]
  stp x5, x6, [x0, #16]
  stp x7, x8, [x0, #32]
  stp x9, x10, [x0, #48]
  add x1, x1, #64
  add x0, x0, #64
  sub x2, x2, #64
  cmp x2, #64
  b.hs 1b
2:cmp x2, #8
  b.lo 3f
  ldtr x3, [x1]
  str x3, [x0], #8
  add x1, x1, #8
  sub x2, x2, #8
  b 2b
3:cbz x2, 5f
4:ldtrb w3, [x1]
  strb w3, [x0], #1
  add x1, x1, #1
  sub x2, x2, #1
  cbnz x2, 4b
5:mov x0, x2
  ret
  FIXUP 1b, 3b, 4b
  FIXUP 4b, 5b, 5b
END CopyFromUserAsm

// size_t CopyToUserRaw(u64 to, const void* from, size_t bytes)
FUNCTION CopyToUserAsm
  cmp x2, #64
  b.lo 2f
1:ldp x3, x4, [x1, #0]
  ldp x5, x6, [x1, #16]
  ldp x7, x8, [x1, #32]
  ldp x9, x10, [x1, #48]
  sttr x3, [x0, #0]
  sttr x4, [x0, #8]
  sttr x5, [x0, #16]
  sttr x6, [x0, #24]
  sttr x7, [x0, #32]
  sttr x8, [x0, #40]
  sttr x9, [x0, #48]
  sttr x10, [x0, #56]
  add x1, x1, #64
  add x0, x0, #64
  sub x2, x2, #64
  cmp x2, #64
  b.hs 1b
2:cmp x2, #8
  b.lo 3f
  ldr x3, [x1]
  sttr x3, [x0]
  add x1, x1, #8
  add x0, x0, #8
  sub x2, x2, #8
  b 2b
3:cbz x2, 5f
4:ldrb w3, [x1]
  sttrb w3, [x0]
  add x1, x1, #1
  add x0, x0, #1
  sub x2, x2, #1
  cbnz x2, 4b
5:mov x0, x2
  ret
  FIXUP 1b, 3b, 4b
  FIXUP 4b, 5b, 5b
END CopyToUserAsm

// size_t ZeroUserRaw(u64 to, u64 unused, size_t bytes). In the block loop x0 alone moves; x4 is the end.
FUNCTION ZeroUserAsm
  cmp x2, #128
  b.lo 2f
  add x4, x0, x2
  sub x5, x4, #128
1:sttr xzr, [x0, #0]
  sttr xzr, [x0, #8]
  sttr xzr, [x0, #16]
  sttr xzr, [x0, #24]
  sttr xzr, [x0, #32]
  sttr xzr, [x0, #40]
  sttr xzr, [x0, #48]
  sttr xzr, [x0, #56]
  sttr xzr, [x0, #64]
  sttr xzr, [x0, #72]
  sttr xzr, [x0, #80]
  sttr xzr, [x0, #88]
  sttr xzr, [x0, #96]
  sttr xzr, [x0, #104]
  sttr xzr, [x0, #112]
  sttr xzr, [x0, #120]
  add x0, x0, #128
  cmp x0, x5
  b.ls 1b
  sub x2, x4, x0
2:cmp x2, #8
  b.lo 3f
  sttr xzr, [x0]
  add x0, x0, #8
  sub x2, x2, #8
  b 2b
3:cbz x2, 5f
4:sttrb wzr, [x0]
  add x0, x0, #1
  sub x2, x2, #1
  cbnz x2, 4b
5:mov x0, x2
  ret
6:sub x2, x4, x0
  b 4b
  FIXUP 1b, 2b, 6b
  FIXUP 2b, 3b, 4b
  FIXUP 4b, 5b, 5b
END ZeroUserAsm

// bool LoadUser32(u64 address, u32* value)
FUNCTION LoadUser32Asm
1:ldtr w2, [x0]
2:str w2, [x1]
  mov w0, #1
  ret
3:mov w0, #0
  ret
  FIXUP 1b, 2b, 3b
END LoadUser32Asm

// bool CompareExchangeUser32(u64 address, u32 expected, u32 desired, u32* found): there are no unprivileged exclusives, so PAN opens
// for this one loop, and tags, which the program may not have checked, go unchecked; the caller has checked that the address is the program's.
FUNCTION CompareExchangeUser32Asm
  NEEDS FEATURE_PAN, msr pan, #0
  NEEDS FEATURE_MTE, msr tco, #1
1:ldaxr w4, [x0]
  cmp w4, w1
  b.ne 2f
  stlxr w5, w2, [x0]
  cbnz w5, 1b
2:NEEDS FEATURE_PAN, msr pan, #1
  NEEDS FEATURE_MTE, msr tco, #0
  str w4, [x3]
  mov w0, #1
  ret
3:NEEDS FEATURE_PAN, msr pan, #1
  NEEDS FEATURE_MTE, msr tco, #0
  mov w0, #0
  ret
  FIXUP 1b, 2b, 3b
END CompareExchangeUser32Asm
