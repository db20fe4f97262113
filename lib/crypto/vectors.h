// The vector registers while a form uses them: a loan stands around every call of a form that does, and no vector code is inlined into
// the function that holds it.
//
// In a kernel they are the program's, which finds them as it left them. In a hosted program they are cleared at the loan's end: keys and key
// stream must not stay where the next signal frame or lazily bound call (whose resolver saves all of them) puts them into memory that nobody
// wipes.
#pragma once

#include "lib/crypto/forms.h"

namespace caponier::crypto {

#if defined(CAPONIER_FREESTANDING)

class VectorLoan {
 public:
  [[gnu::noinline]] VectorLoan();
  [[gnu::noinline]] ~VectorLoan();
  VectorLoan(const VectorLoan&) = delete;
  VectorLoan& operator=(const VectorLoan&) = delete;

 private:
  // The low 128 bits of each: the forms that a kernel has leave the rest of wider registers as it is, and it offers no SVE.
#if defined(__x86_64__)
  static constexpr size_t kRegisters = 16;
#else
  static constexpr size_t kRegisters = 32;
#endif
  std::byte kept_[16 * kRegisters];
};

#else

class VectorLoan {
 public:
  VectorLoan() {}
  ~VectorLoan();
  VectorLoan(const VectorLoan&) = delete;
  VectorLoan& operator=(const VectorLoan&) = delete;
};

#if defined(__x86_64__)
// The sixteen that there are without AVX-512, their low 128 bits.
inline VectorLoan::~VectorLoan() {
  asm volatile(
      "pxor %%xmm0, %%xmm0\n pxor %%xmm1, %%xmm1\n pxor %%xmm2, %%xmm2\n pxor %%xmm3, %%xmm3\n"
      "pxor %%xmm4, %%xmm4\n pxor %%xmm5, %%xmm5\n pxor %%xmm6, %%xmm6\n pxor %%xmm7, %%xmm7\n"
      "pxor %%xmm8, %%xmm8\n pxor %%xmm9, %%xmm9\n pxor %%xmm10, %%xmm10\n pxor %%xmm11, %%xmm11\n"
      "pxor %%xmm12, %%xmm12\n pxor %%xmm13, %%xmm13\n pxor %%xmm14, %%xmm14\n pxor %%xmm15, %%xmm15"
      :
      :
      : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
        "xmm14", "xmm15");
}
#elif defined(__aarch64__)
inline VectorLoan::~VectorLoan() {
  asm volatile(
      "movi v0.2d, #0\n movi v1.2d, #0\n movi v2.2d, #0\n movi v3.2d, #0\n"
      "movi v4.2d, #0\n movi v5.2d, #0\n movi v6.2d, #0\n movi v7.2d, #0\n"
      "movi v8.2d, #0\n movi v9.2d, #0\n movi v10.2d, #0\n movi v11.2d, #0\n"
      "movi v12.2d, #0\n movi v13.2d, #0\n movi v14.2d, #0\n movi v15.2d, #0\n"
      "movi v16.2d, #0\n movi v17.2d, #0\n movi v18.2d, #0\n movi v19.2d, #0\n"
      "movi v20.2d, #0\n movi v21.2d, #0\n movi v22.2d, #0\n movi v23.2d, #0\n"
      "movi v24.2d, #0\n movi v25.2d, #0\n movi v26.2d, #0\n movi v27.2d, #0\n"
      "movi v28.2d, #0\n movi v29.2d, #0\n movi v30.2d, #0\n movi v31.2d, #0"
      :
      :
      : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18",
        "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}
#endif
#endif

}  // namespace caponier::crypto
