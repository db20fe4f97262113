// What every assembly file of this port shares: function brackets, the trap frame's offsets, and alternatives.
//
// An alternative is an instruction that only some processors have. It is written as it should run on the best one and listed in
// .patch.features with the feature it needs; PatchImage replaces it by a NOP where that is missing, before the image becomes
// read-only. So the hot paths test nothing.
#pragma once
// clang-format off

#define FRAME_SIZE 288
#define FRAME_X(n) (8 * (n))
#define FRAME_SP 248
#define FRAME_PC 256
#define FRAME_ORIGINAL_X0 272

// Feature numbers of .patch.features.
#define FEATURE_PAN 0
#define FEATURE_MTE 1
#define FEATURE_PAUTH 2

#ifdef __ASSEMBLER__

.arch armv8.5-a+fp+simd+memtag+pauth

.macro FUNCTION name
.section .text.\name, "ax"
.balign 16
.globl \name
.hidden \name
.type \name, %function
\name:
  bti c
.endm

.macro END name
.size \name, . - \name
.endm

// NEEDS FEATURE_X, instruction
.macro NEEDS feature, instruction:vararg
8888:
  \instruction
  .pushsection .patch.features, "a"
  .balign 4
  .long 8888b - .
  .long \feature
  .popsection
.endm

#endif
