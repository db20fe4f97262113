// Shared by the x86-64 assembly files.
#pragma once
.macro FUNCTION name
  .section .text.\name, "ax", @progbits
  .globl \name
  .type \name, @function
  .balign 16
\name:
  endbr64
.endm
.macro END name
  .size \name, . - \name
.endm
// SMAP instructions; stage 1 turns them into NOPs on a CPU without it.
.macro CLAC_PATCHED
9998: clac
  .pushsection .patch.smap, "a"
  .long 9998b - .
  .popsection
.endm
.macro STAC_PATCHED
9997: stac
  .pushsection .patch.smap, "a"
  .long 9997b - .
  .popsection
.endm
