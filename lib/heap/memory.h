// Looking at blocks and clearing them in larger steps than bytes; without vector registers (a kernel) the compiler makes words of it.
// Sizes and addresses are multiples of 16, and no size is 0.
#pragma once

#include "lib/base/types.h"

namespace caponier::heap {

using Vector = u64 __attribute__((vector_size(16), may_alias));
static_assert(sizeof(Vector) == 16);
inline constexpr u64 kStep = 4 * sizeof(Vector);

// The four steps that cover up to kStep bytes, some of them twice where there are fewer: 64 are steps 0, 1, 2, 3; 48 are 0, 0, 1, 2; 32 are
// 0, 0, 1, 1. Without a branch, since sizes in a row are as good as random. The first is at 0 and the last ends with the bytes; these
// are where the other two stand.
struct MiddleSteps {
  u8 second, third;
};
constexpr MiddleSteps StepsOf(u64 bytes) {
  constexpr u64 kStepMask = ~u64{sizeof(Vector) - 1};
  return {static_cast<u8>(bytes / 4 & kStepMask), static_cast<u8>(bytes / 2 & kStepMask)};
}
constexpr bool FourStepsCover() {
  for (u64 bytes = sizeof(Vector); bytes <= kStep; bytes += sizeof(Vector)) {
    const MiddleSteps at = StepsOf(bytes);
    const auto bit = [](u64 place) { return 1u << place / sizeof(Vector); };
    if ((bit(0) | bit(at.second) | bit(at.third) | bit(bytes - sizeof(Vector))) != bit(bytes) - 1) return false;
  }
  return true;
}
static_assert(FourStepsCover());
[[gnu::always_inline]] inline Vector* VectorAt(void* memory, u64 place) {
  return reinterpret_cast<Vector*>(static_cast<u8*>(memory) + place);
}
[[gnu::always_inline]] inline bool IsNull(Vector sum) { return (sum[0] | sum[1]) == 0; }
[[gnu::always_inline]] inline bool IsZeroStep(void* memory, u8 second, u8 third, u64 bytes) {
  return IsNull((*VectorAt(memory, 0) | *VectorAt(memory, second)) |
                (*VectorAt(memory, third) | *VectorAt(memory, bytes - sizeof(Vector))));
}
[[gnu::always_inline]] inline void ClearStep(void* memory, u8 second, u8 third, u64 bytes) {
  *VectorAt(memory, 0) = *VectorAt(memory, second) = *VectorAt(memory, third) = *VectorAt(memory, bytes - sizeof(Vector)) =
      Vector{};
}

// Longer pieces of up to 128 and 256 bytes are as many from the front as from the end; beyond, the steps are of 128.
template <int N>
[[gnu::always_inline]] inline Vector Sum(const Vector* at) {
  if constexpr (N == 1) return *at;
  else return Sum<N / 2>(at) | Sum<N / 2>(at + N / 2);
}
template <int N>
[[gnu::always_inline]] inline void Clear(Vector* at) {
  for (int i = 0; i < N; i++) at[i] = Vector{};
}

inline constexpr u64 kInlineBytes = 4 * kStep;
[[gnu::always_inline]] inline bool IsZeroShort(const void* memory, u64 bytes) {
  const auto* at = static_cast<const Vector*>(memory);
  const auto* end = at + bytes / sizeof(Vector);
  if (bytes <= kStep) {
    const MiddleSteps steps = StepsOf(bytes);
    return IsZeroStep(const_cast<void*>(memory), steps.second, steps.third, bytes);
  }
  return IsNull(bytes <= 2 * kStep ? Sum<4>(at) | Sum<4>(end - 4) : Sum<8>(at) | Sum<8>(end - 8));
}

// From kInlineBytes on. Where a difference would be found early is of no interest: it ends the program.
[[gnu::noinline]] inline bool IsZeroLong(const void* memory, u64 bytes) {
  const auto* at = static_cast<const Vector*>(memory);
  const auto* end = at + bytes / sizeof(Vector);
  // Two sums, each of which waits for itself alone.
  Vector sum = Sum<4>(end - 8), other = Sum<4>(end - 4);
  for (; end - at > 8; at += 8) {
    sum |= Sum<4>(at);
    other |= Sum<4>(at + 4);
  }
  return IsNull(sum | other);
}
inline bool IsZero(const void* memory, u64 bytes) {
  return bytes <= kInlineBytes ? IsZeroShort(memory, bytes) : IsZeroLong(memory, bytes);
}

// The same in vectors of 32 bytes, for programs on processors that have them: twice as fast near, half as much again from further away.
#if defined(__x86_64__) && defined(__SSE2__)
[[gnu::noinline, gnu::target("avx2")]] inline bool IsZeroWide(const void* memory, u64 bytes) {
  using Wide [[gnu::vector_size(32), gnu::aligned(16), gnu::may_alias]] = u64;
  static_assert(sizeof(Wide) == 32 && alignof(Wide) == 16);
  const auto* at = static_cast<const Wide*>(memory);
  const auto* end = reinterpret_cast<const Wide*>(static_cast<const u8*>(memory) + bytes);
  Wide sum = end[-4] | end[-3], other = end[-2] | end[-1];
  for (; reinterpret_cast<u64>(end) - reinterpret_cast<u64>(at) > 4 * sizeof(Wide); at += 4) {
    sum |= at[0] | at[1];
    other |= at[2] | at[3];
  }
  sum |= other;
  return (sum[0] | sum[1] | sum[2] | sum[3]) == 0;
}
#else
inline bool IsZeroWide(const void* memory, u64 bytes) { return IsZeroLong(memory, bytes); }
#endif

// Slots of up to so much are looked at wholly when they are used again; of larger ones what the block gets and so much behind it.
inline constexpr u64 kLookAtAll = 4096, kLookBehind = 256;

// Of more than kStep, up to kShortBytes; longer ones are worth a call.
inline constexpr u64 kShortBytes = 16 * kStep;
[[gnu::always_inline]] inline void ClearSteps(void* memory, u64 bytes) {
  auto* at = static_cast<Vector*>(memory);
  auto* end = at + bytes / sizeof(Vector);
  if (bytes <= 2 * kStep) {
    Clear<4>(at);
    Clear<4>(end - 4);
  } else {
    Clear<8>(at);
    Clear<8>(end - 8);
    for (at += 8; end - at > 8; at += 8) {
      Clear<8>(at);
      asm volatile("" : : "r"(at) : "memory");  // or it becomes a call of memset
    }
  }
}

}  // namespace caponier::heap
