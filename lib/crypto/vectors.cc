#include "lib/crypto/vectors.h"

#if defined(CAPONIER_FREESTANDING)
#include "lib/base/bytes.h"

// Compiled for general registers, so that nothing but these instructions touches a vector register.
namespace caponier::crypto {

#if defined(__x86_64__)

VectorLoan::VectorLoan() {
  asm volatile(
      "movups %%xmm0, 0(%0)\n movups %%xmm1, 16(%0)\n movups %%xmm2, 32(%0)\n movups %%xmm3, 48(%0)\n"
      "movups %%xmm4, 64(%0)\n movups %%xmm5, 80(%0)\n movups %%xmm6, 96(%0)\n movups %%xmm7, 112(%0)\n"
      "movups %%xmm8, 128(%0)\n movups %%xmm9, 144(%0)\n movups %%xmm10, 160(%0)\n movups %%xmm11, 176(%0)\n"
      "movups %%xmm12, 192(%0)\n movups %%xmm13, 208(%0)\n movups %%xmm14, 224(%0)\n movups %%xmm15, 240(%0)"
      :
      : "r"(kept_)
      : "memory");
}
VectorLoan::~VectorLoan() {
  asm volatile(
      "movups 0(%0), %%xmm0\n movups 16(%0), %%xmm1\n movups 32(%0), %%xmm2\n movups 48(%0), %%xmm3\n"
      "movups 64(%0), %%xmm4\n movups 80(%0), %%xmm5\n movups 96(%0), %%xmm6\n movups 112(%0), %%xmm7\n"
      "movups 128(%0), %%xmm8\n movups 144(%0), %%xmm9\n movups 160(%0), %%xmm10\n movups 176(%0), %%xmm11\n"
      "movups 192(%0), %%xmm12\n movups 208(%0), %%xmm13\n movups 224(%0), %%xmm14\n movups 240(%0), %%xmm15"
      :
      : "r"(kept_)
      : "memory");
  SecureWipe(kept_);  // it may be the program's secret
}

#else

VectorLoan::VectorLoan() {
  asm volatile(
      ".arch_extension simd\n"
      "stp q0, q1, [%0, #0]\n stp q2, q3, [%0, #32]\n stp q4, q5, [%0, #64]\n stp q6, q7, [%0, #96]\n"
      "stp q8, q9, [%0, #128]\n stp q10, q11, [%0, #160]\n stp q12, q13, [%0, #192]\n stp q14, q15, [%0, #224]\n"
      "stp q16, q17, [%0, #256]\n stp q18, q19, [%0, #288]\n stp q20, q21, [%0, #320]\n stp q22, q23, [%0, #352]\n"
      "stp q24, q25, [%0, #384]\n stp q26, q27, [%0, #416]\n stp q28, q29, [%0, #448]\n stp q30, q31, [%0, #480]"
      :
      : "r"(kept_)
      : "memory");
}
VectorLoan::~VectorLoan() {
  asm volatile(
      ".arch_extension simd\n"
      "ldp q0, q1, [%0, #0]\n ldp q2, q3, [%0, #32]\n ldp q4, q5, [%0, #64]\n ldp q6, q7, [%0, #96]\n"
      "ldp q8, q9, [%0, #128]\n ldp q10, q11, [%0, #160]\n ldp q12, q13, [%0, #192]\n ldp q14, q15, [%0, #224]\n"
      "ldp q16, q17, [%0, #256]\n ldp q18, q19, [%0, #288]\n ldp q20, q21, [%0, #320]\n ldp q22, q23, [%0, #352]\n"
      "ldp q24, q25, [%0, #384]\n ldp q26, q27, [%0, #416]\n ldp q28, q29, [%0, #448]\n ldp q30, q31, [%0, #480]"
      :
      : "r"(kept_)
      : "memory");
  SecureWipe(kept_);  // it may be the program's secret
}

#endif

}  // namespace caponier::crypto
#endif
