// The PVH entry [xen-pvh]: 32-bit protected mode, paging off, %ebx = hvm_start_info, no stack. Position independent: it works
// wherever the loader put the image. It makes an identity map of the low 4 GiB, enters long mode, with five levels of page tables
// where the CPU has them, and calls Stage1.
#include "kernel/arch/x86_64/asm.inc"

.section .text.entry, "ax"
.code32
.globl entry32
entry32:
  cli
  cld
  // A pushed return address needs a stack, and there is none: borrow the start information's first words, which are kept in
  // registers meanwhile (the Linux and Xen way to find one's own address).
  movl (%ebx), %edi
  leal 4(%ebx), %esp
  call 1f
1:popl %ebp  // %ebp = address of label 1
  movl %edi, (%ebx)
  leal (boot_stack_top - 1b)(%ebp), %esp

  // Identity tables: PML4[0] -> PDPT -> 4 page directories of 2 MiB pages, writable and executable until stage 1 ends.
  leal (identity_tables - 1b)(%ebp), %edi
  leal 0x1003(%edi), %eax
  movl %eax, (%edi)
  leal 0x1000(%edi), %ecx
  leal 0x2003(%edi), %eax
  movl %eax, 0(%ecx)
  addl $0x1000, %eax
  movl %eax, 8(%ecx)
  addl $0x1000, %eax
  movl %eax, 16(%ecx)
  addl $0x1000, %eax
  movl %eax, 24(%ecx)
  leal 0x2000(%edi), %ecx
  movl $0x83, %eax
  movl $2048, %edx
2:movl %eax, (%ecx)
  addl $0x200000, %eax
  addl $8, %ecx
  decl %edx
  jnz 2b

  movl %ebx, %esi  // start information survives in %esi
  movl %cr4, %ecx
  orl $0xa0, %ecx  // PAE, PGE
  movl %ecx, %cr4
  xorl %eax, %eax
  cpuid
  cmpl $7, %eax
  jb 4f
  movl $7, %eax
  xorl %ecx, %ecx
  cpuid
  testl $(1 << 16), %ecx
  jz 4f
  leal 0x3(%edi), %eax
  addl $0x6000, %edi
  movl %eax, (%edi)  // PML5[0] -> PML4
  movl %cr4, %eax
  orl $(1 << 12), %eax  // LA57
  movl %eax, %cr4
4:movl %edi, %cr3

  movl $0x80000001, %eax
  cpuid
  movl %edx, %edi
  movl $0xc0000080, %ecx
  rdmsr
  orl $0x100, %eax  // LME
  testl $(1 << 20), %edi
  jz 3f
  orl $0x800, %eax  // NXE, when the CPU has it
3:wrmsr
  movl $0x80010033, %eax  // PG, WP, NE, ET, MP, PE
  movl %eax, %cr0

  // A far return loads the 64-bit code segment.
  leal (boot_gdt - 1b)(%ebp), %eax
  movl %eax, (boot_gdt_pointer + 2 - 1b)(%ebp)
  lgdt (boot_gdt_pointer - 1b)(%ebp)
  pushl $8
  leal (entry64 - 1b)(%ebp), %eax
  pushl %eax
  lretl

.code64
.globl entry64
entry64:
  xorl %eax, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %fs
  movl %eax, %gs
  movl $16, %eax
  movl %eax, %ss  // as it stays: an emulator's translations are kept by its size bit too
  leaq boot_stack_top(%rip), %rsp
  xorl %ebp, %ebp
  movl %esi, %edi
  leaq __image_start(%rip), %rsi
  call Stage1
  ud2

// void JumpIn(u64 image, u64 left): goes on with Stage1Moved in the copy at `image` of the image at `left`, on the copy's stack. The segments'
// descriptors are not needed before the kernel has its own.
FUNCTION JumpIn
  movq %rdi, %rax
  subq %rsi, %rax
  addq %rax, %rsp
  andq $-16, %rsp
  xorl %ebp, %ebp
  leaq Stage1Moved(%rip), %rcx
  addq %rcx, %rax
  pushq $0
  jmpq *%rax
END JumpIn

// void EnterHighAsm(u64 kernel_root, u64 entry, u64 stack_top): the upper half is already shared into the current tables.
FUNCTION EnterHighAsm
  movq %rdx, %rsp
  xorl %ebp, %ebp
  pushq $0
  jmpq *%rsi
END EnterHighAsm

.section .data.boot, "aw"
.balign 8
boot_gdt:
  .quad 0
  .quad 0x00af9a000000ffff
  .quad 0x00cf93000000ffff
boot_gdt_pointer:
  .word 23
  .long 0
  .word 0

.section .bss.boot, "aw", @nobits
.balign 4096
.globl identity_tables
identity_tables:
  .skip 6 * 4096
.globl identity_five_levels
identity_five_levels:
  .skip 4096
boot_stack:
  .skip 16384
boot_stack_top:
