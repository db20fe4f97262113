// Whether a free slot is still zero, in as few instructions as the processor has for it: AArch64's load 64 bytes at once. Sizes are those of slots.
#pragma once

#include "lib/heap/memory.h"

#if defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace caponier::heap {

#if defined(__aarch64__) && defined(__ARM_NEON)
inline constexpr u64 kLookLine = 64;
[[gnu::always_inline]] inline bool IsNothing(uint8x16_t sum) {
  const uint32x4_t words = vreinterpretq_u32_u8(sum);
  return vgetq_lane_u64(vreinterpretq_u64_u32(vpmaxq_u32(words, words)), 0) == 0;
}
// Of the lines from `at` on, to whose end it moves: after each, for which the processor has an instruction.
template <int Lines>
[[gnu::always_inline]] inline uint8x16_t SumAndStep(const u8*& at) {
  const uint8x16x4_t line = vld1q_u8_x4(at);
  at += kLookLine;
  const uint8x16_t sum = vorrq_u8(vorrq_u8(line.val[0], line.val[1]), vorrq_u8(line.val[2], line.val[3]));
  if constexpr (Lines == 1) return sum;
  else {
    asm("" : "+r"(at));
    return vorrq_u8(sum, SumAndStep<Lines - 1>(at));
  }
}
template <int Lines>
[[gnu::always_inline]] inline uint8x16_t SumOf(const u8* at) {
  return SumAndStep<Lines>(at);
}
#endif

// `second` and `third` are the middle steps (StepsOf) of a slot of up to four.
[[gnu::always_inline]] inline bool IsFreeZero(const void* memory, u8 second, u8 third, u64 bytes) {
#if defined(__aarch64__) && defined(__ARM_NEON)
  const auto* at = static_cast<const u8*>(memory);
  const u8* end = at + bytes;
  if (bytes <= Narrow::kSteps)
    return IsNothing(vorrq_u8(vorrq_u8(vld1q_u8(at), vld1q_u8(at + second)), vorrq_u8(vld1q_u8(at + third), vld1q_u8(end - 16))));
  // Of what is longer four lines at the end and as many from the front, again and again, as come before them; or two; or one.
  if (bytes <= 2 * kLookLine) return IsNothing(vorrq_u8(SumOf<1>(at), SumOf<1>(end - kLookLine)));
  if (bytes <= 4 * kLookLine) return IsNothing(vorrq_u8(SumOf<2>(at), SumOf<2>(end - 2 * kLookLine)));
  end -= 4 * kLookLine;
  uint8x16_t sum = SumOf<4>(end);
  do sum = vorrq_u8(sum, SumAndStep<4>(at));
  while (at < end);
  return IsNothing(sum);
#else
  return AreSteps<Narrow>(bytes) ? AreStepsZero<Narrow>(const_cast<void*>(memory), second, third, bytes)
         : bytes <= kInlineBytes ? IsZeroShort(memory, bytes)
                                 : AreTurnsZero<Narrow>(memory, bytes);
#endif
}

}  // namespace caponier::heap
