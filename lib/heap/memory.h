// Looking at blocks and clearing them in larger steps than bytes: in vectors of 16 bytes, which the compiler makes words of where it may not
// use them (a kernel), and in vectors of 32 for programs on x86-64 processors that have them, which is twice as fast near and half as much again
// from further away. Sizes and addresses are multiples of 16, and no size is 0.
#pragma once

#include "lib/base/types.h"

namespace caponier::heap {

// Named by structures, since a template's argument loses a type's alignment.
struct Narrow {
  using Vector [[gnu::vector_size(16), gnu::may_alias]] = u64;
  static constexpr u64 kBytes = 16, kSteps = 4 * kBytes;  // what four steps cover at most
  static constexpr u64 kClearInTurns = 1024;              // longer pieces are worth a call of memset
};
struct Wide {
  using Vector [[gnu::vector_size(32), gnu::aligned(16), gnu::may_alias]] = u64;
  static constexpr u64 kBytes = 32, kSteps = 4 * kBytes;
  static constexpr u64 kClearInTurns = 4096;
};
static_assert(sizeof(Wide::Vector) == 32 && alignof(Wide::Vector) == 16);
#if defined(__x86_64__) && defined(__SSE2__)
#define CAPONIER_FAST gnu::target("avx2")  // of a function in which code for Wide is inlined
inline constexpr bool kWidePossible = true;
#else
#define CAPONIER_FAST gnu::hot
inline constexpr bool kWidePossible = false;
#endif

// Whether four steps cover so much, and nothing else.
template <typename V>
constexpr bool AreSteps(u64 bytes) {
  return bytes - V::kBytes <= V::kSteps - V::kBytes;
}

// The four steps that cover so much, some of it twice: of narrow ones, 64 bytes are steps at 0, 16, 32, 48; 48 at 0, 0, 16, 32; 32 at
// 0, 0, 16, 16. Without a branch, since sizes in a row are as good as random. The first is at 0 and the last ends with the bytes; these
// are where the other two stand.
struct MiddleSteps {
  u8 second, third;
};
template <typename V>
constexpr MiddleSteps StepsOf(u64 bytes) {
  const auto place = [&](u64 about) {
    const u64 last = bytes - V::kBytes, whole = about & ~u64{15};
    return static_cast<u8>(whole < last ? whole : last);
  };
  return {place(bytes / 4), place(bytes / 2)};
}
template <typename V>
constexpr bool FourStepsCover() {
  for (u64 bytes = V::kBytes; bytes <= V::kSteps; bytes += 16) {
    const MiddleSteps at = StepsOf<V>(bytes);
    const auto bits = [](u64 place) { return ((1u << V::kBytes / 16) - 1) << place / 16; };
    if ((bits(0) | bits(at.second) | bits(at.third) | bits(bytes - V::kBytes)) != (1u << bytes / 16) - 1) return false;
  }
  return true;
}
static_assert(FourStepsCover<Narrow>() && FourStepsCover<Wide>());

template <typename V>
[[gnu::always_inline]] inline V::Vector& VectorAt(void* memory, u64 place) {
  return *reinterpret_cast<V::Vector*>(static_cast<u8*>(memory) + place);
}
template <typename V>
[[gnu::always_inline]] inline bool AreStepsZero(void* memory, u8 second, u8 third, u64 bytes) {
  return __builtin_reduce_or((VectorAt<V>(memory, 0) | VectorAt<V>(memory, second)) |
                             (VectorAt<V>(memory, third) | VectorAt<V>(memory, bytes - V::kBytes))) == 0;
}
template <typename V>
[[gnu::always_inline]] inline void ClearSteps(void* memory, u8 second, u8 third, void* end) {
  VectorAt<V>(memory, 0) = VectorAt<V>(memory, second) = VectorAt<V>(memory, third) = typename V::Vector{};
  static_cast<V::Vector*>(end)[-1] = typename V::Vector{};
}

// Longer pieces of up to 128 and 256 bytes are as many narrow vectors from the front as from the end.
template <int N>
[[gnu::always_inline]] inline Narrow::Vector Sum(const Narrow::Vector* at) {
  if constexpr (N == 1) return *at;
  else return Sum<N / 2>(at) | Sum<N / 2>(at + N / 2);
}
inline constexpr u64 kInlineBytes = 256;
[[gnu::always_inline]] inline bool IsZeroShort(const void* memory, u64 bytes) {
  if (AreSteps<Narrow>(bytes)) {
    const MiddleSteps steps = StepsOf<Narrow>(bytes);
    return AreStepsZero<Narrow>(const_cast<void*>(memory), steps.second, steps.third, bytes);
  }
  const auto* at = static_cast<const Narrow::Vector*>(memory);
  const auto* end = at + bytes / Narrow::kBytes;
  return __builtin_reduce_or(bytes <= kInlineBytes / 2 ? Sum<4>(at) | Sum<4>(end - 4) : Sum<8>(at) | Sum<8>(end - 8)) == 0;
}

// From 128 bytes on: a turn after the other, and one at the end. Where a difference would be found early is of no interest: it ends the
// program.
inline constexpr u64 kTurn = 128;
template <typename V>
[[gnu::always_inline]] inline bool AreTurnsZero(const void* memory, u64 bytes) {
  constexpr u64 kHalf = kTurn / V::kBytes / 2;
  const auto* at = static_cast<const V::Vector*>(memory);
  const auto* last = reinterpret_cast<const V::Vector*>(static_cast<const u8*>(memory) + (bytes - kTurn));
  // Two sums, each of which waits for itself alone.
  typename V::Vector sum = last[0], other = last[kHalf];
  for (u64 i = 1; i < kHalf; i++) {
    sum |= last[i];
    other |= last[kHalf + i];
  }
  for (; at < last; at += 2 * kHalf) {
    for (u64 i = 0; i < kHalf; i++) {
      sum |= at[i];
      other |= at[kHalf + i];
    }
  }
  return __builtin_reduce_or(sum | other) == 0;
}
template <typename V>
[[gnu::always_inline]] inline void ClearTurns(void* memory, u64 bytes) {
  constexpr u64 kCount = kTurn / V::kBytes;
  auto* at = static_cast<V::Vector*>(memory);
  auto* last = reinterpret_cast<V::Vector*>(static_cast<u8*>(memory) + (bytes - kTurn));
  for (; at < last; at += kCount) {
    for (u64 i = 0; i < kCount; i++) at[i] = typename V::Vector{};
    asm volatile("" : : "r"(at) : "memory");  // or it becomes a call of memset
  }
  for (u64 i = 0; i < kCount; i++) last[i] = typename V::Vector{};
}

[[gnu::noinline]] inline bool IsZeroLong(const void* memory, u64 bytes) { return AreTurnsZero<Narrow>(memory, bytes); }
[[gnu::noinline, CAPONIER_FAST]] inline bool IsZeroWide(const void* memory, u64 bytes) {
  return AreTurnsZero<Wide>(memory, bytes);
}
inline bool IsZero(const void* memory, u64 bytes) {
  return bytes <= kInlineBytes ? IsZeroShort(memory, bytes) : IsZeroLong(memory, bytes);
}

// Whole pages. What does not fit into a second-level cache is cleared past the caches, where that can be: without reading it first, it
// takes a third of the time.
inline constexpr u64 kClearPastCaches = kMiB;
inline void ClearPages(void* memory, u64 bytes) {
#if defined(__x86_64__) && defined(__SSE2__)
  if (bytes >= kClearPastCaches) {
    for (u64 place = 0; place < bytes; place += Narrow::kBytes)
      __builtin_nontemporal_store(Narrow::Vector{}, &VectorAt<Narrow>(memory, place));
    // Such stores are in no order with others, until here.
    __builtin_ia32_sfence();
    return;
  }
#endif
  __builtin_memset(memory, 0, bytes);
}

// Slots of up to so much are looked at wholly when they are used again; of larger ones what the block gets and so much behind it.
inline constexpr u64 kLookAtAll = 4096, kLookBehind = 256;

// Narrow, of more than four steps.
[[gnu::always_inline]] inline void ClearShort(void* memory, u64 bytes) {
  if (bytes >= kTurn) return ClearTurns<Narrow>(memory, bytes);
  const MiddleSteps all = StepsOf<Narrow>(Narrow::kSteps);
  auto* begin = static_cast<u8*>(memory);
  ClearSteps<Narrow>(begin, all.second, all.third, begin + Narrow::kSteps);
  ClearSteps<Narrow>(begin + (bytes - Narrow::kSteps), all.second, all.third, begin + bytes);
}

}  // namespace caponier::heap
