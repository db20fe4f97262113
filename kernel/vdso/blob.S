// The linked vDSO, as the kernel carries it.
.section .rodata.vdso, "a", @progbits
.globl vdso_start, vdso_end
.balign 16
vdso_start:
  .incbin VDSO_FILE
vdso_end:
