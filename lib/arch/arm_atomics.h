// An atomic exchange by the one instruction that processors with memory tags have for it (FEAT_LSE, of every processor from Arm v8.1 on), in code that is
// compiled for those that do not [arm-arm] C6.2 SWPL.
#pragma once

#include <atomic>

#include "lib/base/types.h"

namespace caponier::arch {

// What was there. T is std::atomic<u32>, or a test's.
template <typename T>
[[gnu::always_inline]] inline u32 ExchangeRelease(T& word, u32 value) {
  return word.exchange(value, std::memory_order_release);
}
#if defined(__aarch64__)
template <>
[[gnu::always_inline]] inline u32 ExchangeRelease(std::atomic<u32>& word, u32 value) {
  u32 before;
  asm volatile(".arch_extension lse\n\tswpl %w2, %w0, %1" : "=r"(before), "+Q"(word) : "r"(value) : "memory");
  return before;
}
#endif

}  // namespace caponier::arch
