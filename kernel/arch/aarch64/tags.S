// MTE tags of whole pages. LDGM and STGM move the tags of GMID_EL1.BS words at a time, STZGM stores zero data and one tag over a
// block of DCZID_EL0.BS words [arm-arm] C6.2; sizes are read, never assumed. Called only on a processor with MTE.
#include "kernel/arch/aarch64/asm.inc"

// void ZeroTaggedPageAsm(std::byte* page, u64 tag)
FUNCTION ZeroTaggedPageAsm
  mrs x2, dczid_el0
  and w2, w2, #15
  mov x3, #4
  lsl x3, x3, x2
  add x4, x0, #4096
1:stzgm x1, [x0]
  add x0, x0, x3
  cmp x0, x4
  b.lo 1b
  ret
END ZeroTaggedPageAsm

// void CopyTagsAsm(std::byte* to, const std::byte* from)
FUNCTION CopyTagsAsm
  mrs x2, s3_1_c0_c0_4  // GMID_EL1
  and w2, w2, #15
  mov x3, #4
  lsl x3, x3, x2
  add x4, x0, #4096
1:ldgm x5, [x1]
  stgm x5, [x0]
  add x1, x1, x3
  add x0, x0, x3
  cmp x0, x4
  b.lo 1b
  ret
END CopyTagsAsm

// void ClearTagsAsm(std::byte* page)
FUNCTION ClearTagsAsm
  add x4, x0, #4096
  mov x1, xzr
1:st2g x1, [x0], #32
  cmp x0, x4
  b.lo 1b
  ret
END ClearTagsAsm
