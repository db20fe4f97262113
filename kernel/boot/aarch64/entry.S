// The Linux boot protocol [linux-arm64-boot]: x0 = device tree, MMU and data cache off, at EL2 or EL1. Position independent: it works wherever
// the loader put the image. It drops to EL1, makes an identity map of the image and of the device tree's first block, turns the MMU on
// and calls Stage1. Memory is written with the cache off only in identity_tables, whose stale cache lines are then dropped.
#include "kernel/arch/aarch64/asm.inc"

.section .text.entry, "ax"
.globl image_entry
.hidden image_entry
image_entry:
  b start
  .long 0
  .quad 0                            // text_offset
  .quad __image_bytes  // with the zeroed part
  .quad (1 << 3) | (1 << 1)          // little-endian, 4 KiB pages, place anywhere
  .quad 0, 0, 0
  .ascii "ARM\x64"
  .long 0

start:
  msr daifset, #15
  mov x21, x0
  mrs x1, currentel
  cmp x1, #(1 << 2)
  b.eq at_el1
  cmp x1, #(2 << 2)
  b.ne park

  // From EL2: EL1 is 64-bit and gets pointer authentication, tags, timers, vector registers and the interrupt interface untrapped.
  ldr x1, =(1 << 31) | (1 << 40) | (1 << 41) | (1 << 56)  // HCR_EL2: RW, APK, API, ATA
  msr hcr_el2, x1
  mov x1, #3
  msr cnthctl_el2, x1
  msr cntvoff_el2, xzr
  mov x1, #0x33ff  // CPTR_EL2: the bits reserved as one, nothing trapped
  msr cptr_el2, x1
  msr hstr_el2, xzr
  msr vttbr_el2, xzr
  mrs x1, midr_el1
  msr vpidr_el2, x1
  mrs x1, mpidr_el1
  msr vmpidr_el2, x1
  mrs x1, id_aa64pfr0_el1
  ubfx x1, x1, #24, #4
  cbz x1, 1f  // no system-register interface to the interrupt controller
  mrs x1, s3_4_c12_c9_5  // ICC_SRE_EL2
  mov x2, #9             // SRE, Enable
  orr x1, x1, x2
  msr s3_4_c12_c9_5, x1
  isb
  msr s3_4_c12_c11_0, xzr  // ICH_HCR_EL2
1:ldr x1, =0x30d00800  // SCTLR_EL1: the bits reserved as one
  msr sctlr_el1, x1
  mov x1, #0x3c5  // EL1h, everything masked
  msr spsr_el2, x1
  adr x1, at_el1
  msr elr_el2, x1
  eret

at_el1:
  adrp x22, __image_start
  // Nothing is expected before the kernel's own vectors: stop dead instead of running wild.
  adr x1, early_vectors
  msr vbar_el1, x1
  isb

  adrp x23, identity_tables
  adrp x1, identity_tables_end
  mov x2, x23
1:stp xzr, xzr, [x2], #16
  cmp x2, x1
  b.lo 1b
  add x24, x23, #4096  // the next unused table
  mov x25, x22
  adrp x26, __image_end
2:mov x0, x25
  bl map_block
  add x25, x25, #(1 << 21)
  and x25, x25, #~((1 << 21) - 1)
  cmp x25, x26
  b.lo 2b
  mov x0, x21
  bl map_block
  // Lines that a cache held of the tables before they were written are stale.
  dmb sy
  mov x2, x23
  adrp x1, identity_tables_end
3:dc ivac, x2
  add x2, x2, #16  // the smallest line there is
  cmp x2, x1
  b.lo 3b
  dsb sy

  // MAIR: 0 normal write-back, 1 device nGnRnE, 2 normal tagged, or plain where the processor has no tags.
  mrs x1, id_aa64pfr1_el1
  ubfx x1, x1, #8, #4
  cmp x1, #2
  ldr x2, =0xff00ff
  ldr x3, =0xf000ff
  csel x2, x3, x2, hs
  msr mair_el1, x2
  // TCR: 48-bit halves, 4 KiB granule, write-back inner-shareable walks, tag byte ignored in the program's half, the kernel half closed yet.
  ldr x1, =(16 << 0) | (1 << 8) | (1 << 10) | (3 << 12) | (16 << 16) | (1 << 23) | (1 << 24) | (1 << 26) | (3 << 28) | (2 << 30) | (1 << 37)
  mrs x2, id_aa64mmfr0_el1
  and x2, x2, #7
  cmp x2, #5  // 48 bits: all that 4 KiB descriptors hold here
  mov x3, #5
  csel x2, x2, x3, ls
  bfi x1, x2, #32, #3
  // Return addresses are signed from the first call on, with a key of zeros until EnterHighAsm: no function may find signing, or the bits
  // that a signature takes, changed when it returns. Code pointers keep the top byte for it (TBID0): only data addresses carry tags.
  mrs x4, id_aa64isar1_el1
  ubfx x4, x4, #4, #8   // APA, API
  mrs x5, s3_0_c0_c6_2  // ID_AA64ISAR2_EL1
  ubfx x5, x5, #12, #4  // APA3
  orr x4, x4, x5
  cbz x4, 5f
  msr s3_0_c2_c1_0, xzr  // APIAKeyLo_EL1
  msr s3_0_c2_c1_1, xzr  // APIAKeyHi_EL1
  orr x1, x1, #(1 << 51)
5:msr tcr_el1, x1
  msr ttbr0_el1, x23
  isb
  tlbi vmalle1
  ic iallu
  dsb nsh
  isb
  ldr x1, =0x30d0198d  // SCTLR_EL1: reserved ones, M, C, SA, ITD, SED, I
  cbz x4, 4f
  orr x1, x1, #(1 << 31)  // EnIA
4:msr sctlr_el1, x1
  isb

  adrp x1, __bss_start
  adrp x2, __image_end
6:stp xzr, xzr, [x1], #16
  cmp x1, x2
  b.lo 6b
  adrp x3, identity_next
  add x3, x3, :lo12:identity_next
  str x24, [x3]
  adrp x1, boot_stack_top
  mov sp, x1
  adrp x18, boot_shadow_stack
  mov x29, xzr
  mov x30, xzr
  mrs x0, id_aa64pfr1_el1
  ubfx x0, x0, #8, #4
  cmp x0, #2
  b.hs 7f
  adrp x0, __image_start
  adrp x1, __rodata_start
  bl LeaveOutTags
7:mov x0, x21
  mov x1, x22
  bl Stage1

park:
  wfe
  b park

// Maps the 2 MiB block around x0 to itself, normal memory. x23: root, x24: next unused table. Uses x1 to x5.
map_block:
  mov x1, x23
  ubfx x2, x0, #39, #9
  add x2, x1, x2, lsl #3
  ldr x3, [x2]
  cbnz x3, 1f
  orr x3, x24, #3
  str x3, [x2]
  add x24, x24, #4096
1:and x1, x3, #~0xfff
  ubfx x2, x0, #30, #9
  add x2, x1, x2, lsl #3
  ldr x3, [x2]
  cbnz x3, 2f
  orr x3, x24, #3
  str x3, [x2]
  add x24, x24, #4096
2:and x1, x3, #~0xfff
  ubfx x2, x0, #21, #9
  add x2, x1, x2, lsl #3
  and x3, x0, #~((1 << 21) - 1)
  mov x4, #0x701  // block, attribute 0, inner-shareable, accessed
  orr x3, x3, x4
  str x3, [x2]
  ret

.ltorg
.balign 2048
early_vectors:
.rept 16
  .balign 128
  b park
.endr

// void JumpIn(u64 image, u64 left): goes on with Stage1Moved in the copy at `image` of the image at `left`, on the copy's stacks.
FUNCTION JumpIn
  sub x2, x0, x1
  add sp, sp, x2
  add x18, x18, x2
  adrp x3, early_vectors
  add x3, x3, :lo12:early_vectors
  add x3, x3, x2
  msr vbar_el1, x3
  isb
  mov x29, xzr
  mov x30, xzr
  adrp x16, Stage1Moved
  add x16, x16, :lo12:Stage1Moved
  add x16, x16, x2
  br x16
END JumpIn

// void EnterHighAsm(u64 kernel_root, u64 entry, u64 stack_top, u64 key_high, bool sign, u64 shadow_stack, u64 tagged_stack): from the identity
// mapping to the kernel's half. `tagged_stack`: where the stack begins, where it is tagged memory; else 0.
FUNCTION EnterHighAsm
  mov x18, x5
  msr ttbr1_el1, x0
  mrs x5, tcr_el1
  and x5, x5, #~(1 << 23)
  msr tcr_el1, x5
  isb
  tlbi vmalle1
  dsb nsh
  isb
  cbz w4, 1f
  adrp x5, g_kernel_key
  ldr x5, [x5, :lo12:g_kernel_key]
  msr s3_0_c2_c1_0, x5
  msr s3_0_c2_c1_1, x3
  isb
1:cbz x6, 5f
  // Whether each granule of a page keeps a tag of its own, tried out in the stack's first page: each gets the low bits of its number. QEMU 7.2's
  // system emulation stores one pair of tags for a whole page: who tags memory there dies of false mismatches, so such a machine counts as
  // one without tags, and from here on has no tagged memory.
  mov x7, x6
2:ubfx x8, x7, #4, #4
  bfi x7, x8, #56, #4
  stg x7, [x7], #16
  tst x7, #0xfff
  b.ne 2b
  mov x7, x6
  mov x8, xzr
3:ubfx x9, x7, #4, #4
  bfi x7, x9, #56, #4
  mov x9, x7
  ldg x9, [x7]
  eor x9, x9, x7
  orr x8, x8, x9
  add x7, x7, #16
  tst x7, #0xfff
  b.ne 3b
  // All of it gets the tag that addresses without one are compared as.
  mov x7, x6
4:st2g x6, [x7], #32
  cmp x7, x2
  b.lo 4b
  cbz x8, 5f
  ldr x7, =0xff00ff  // MAIR: as on a processor without tags
  msr mair_el1, x7
  isb
  tlbi vmalle1
  dsb nsh
  isb
  mov w7, #1
  adrp x8, g_tag_memory_fails
  strb w7, [x8, :lo12:g_tag_memory_fails]
5:// The kernel's vectors at their high place: as far from the entry as here.
  adrp x5, KernelMain
  add x5, x5, :lo12:KernelMain
  sub x5, x1, x5
  adrp x6, exception_vectors
  add x6, x6, :lo12:exception_vectors
  add x6, x6, x5
  msr vbar_el1, x6
  mov sp, x2
  mov x29, xzr
  mov x30, xzr
  mov x16, x1
  br x16
END EnterHighAsm

// void DistrustShadowStacks(std::byte* code, const std::byte* end): each function goes on dropping the return address that it left on its shadow
// stack, but returns to the one on its stack. The compiler's instruction for both, LDR X30, [X18, #-8]!, stands nowhere else. Code is searched
// by 64 bytes.
FUNCTION DistrustShadowStacks
  ldr w2, =0xf85f8e5e
  dup v16.4s, w2
  ldr w2, =0xd1002252  // sub x18, x18, #8
  dup v17.4s, w2
1:ld1 {v0.4s, v1.4s, v2.4s, v3.4s}, [x0], #64
  cmeq v4.4s, v0.4s, v16.4s
  cmeq v5.4s, v1.4s, v16.4s
  cmeq v6.4s, v2.4s, v16.4s
  cmeq v7.4s, v3.4s, v16.4s
  orr v18.16b, v4.16b, v5.16b
  orr v19.16b, v6.16b, v7.16b
  orr v18.16b, v18.16b, v19.16b
  umaxv s18, v18.4s
  fmov w2, s18
  cbz w2, 2f
  bit v0.16b, v17.16b, v4.16b
  bit v1.16b, v17.16b, v5.16b
  bit v2.16b, v17.16b, v6.16b
  bit v3.16b, v17.16b, v7.16b
  sub x3, x0, #64
  st1 {v0.4s, v1.4s, v2.4s, v3.4s}, [x3]
  dc cvau, x3
2:cmp x0, x1
  b.lo 1b
  dsb ish
  ic iallu
  dsb ish
  isb
  ret
  .ltorg
END DistrustShadowStacks

// Not part of .bss: they are in use when that is zeroed.
.section .boot.tables, "aw", @nobits
.balign 4096
.globl identity_tables
.hidden identity_tables
identity_tables:
  .skip 16 * 4096
.globl identity_tables_end
.hidden identity_tables_end
identity_tables_end:
.section .bss.boot_stack, "aw", @nobits
.balign 4096
boot_shadow_stack:
  .skip 1024
  .skip 15360
boot_stack_top:
