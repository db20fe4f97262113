// Looking at blocks and clearing them in larger steps than bytes; without vector registers (a kernel) the compiler makes words of it.
// Sizes and addresses are multiples of 16, and no size is 0.
#pragma once

#include "lib/base/types.h"

namespace caponier::heap {

using Vector = u64 __attribute__((vector_size(16), may_alias));
static_assert(sizeof(Vector) == 16);
inline constexpr u64 kStep = 4 * sizeof(Vector);

// Up to 64 bytes are four steps from both ends, which may overlap; so is the last of more.
[[gnu::always_inline]] inline bool IsZero(const void* memory, u64 bytes) {
  const auto* at = static_cast<const Vector*>(memory);
  const auto* end = at + bytes / sizeof(Vector);
  Vector sum;
  if (bytes >= kStep) {
    sum = (end[-4] | end[-3]) | (end[-2] | end[-1]);
    // Where a difference would be found early is of no interest: it ends the program.
    for (; end - at > 4; at += 4) sum |= (at[0] | at[1]) | (at[2] | at[3]);
  } else if (bytes >= 2 * sizeof(Vector)) {
    sum = (at[0] | at[1]) | (end[-2] | end[-1]);
  } else {
    sum = at[0];
  }
  return (sum[0] | sum[1]) == 0;
}

// For blocks of up to kShortBytes; longer ones are worth a call.
inline constexpr u64 kShortBytes = 16 * kStep;
[[gnu::always_inline]] inline void ClearShort(void* memory, u64 bytes) {
  auto* at = static_cast<Vector*>(memory);
  auto* end = at + bytes / sizeof(Vector);
  constexpr Vector kZero{};
  if (bytes >= kStep) {
    for (; end - at > 4; at += 4) {
      at[0] = at[1] = at[2] = at[3] = kZero;
      asm volatile("" : : "r"(at) : "memory");  // or it becomes a call of memset
    }
    end[-4] = end[-3] = end[-2] = end[-1] = kZero;
  } else if (bytes >= 2 * sizeof(Vector)) {
    at[0] = at[1] = kZero;
    end[-2] = end[-1] = kZero;
  } else {
    at[0] = kZero;
  }
}

}  // namespace caponier::heap
