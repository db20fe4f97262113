// Reading and clearing of blocks in larger steps than bytes; without vector registers (a kernel) the compiler makes words of it.
#pragma once

#include "lib/base/types.h"

namespace caponier::heap {

using Vector = u64 __attribute__((vector_size(16), may_alias));
static_assert(sizeof(Vector) == 16);

// `bytes` is a multiple of 16, and so is the address.
inline bool IsZero(const void* memory, u64 bytes) {
  const auto* at = static_cast<const Vector*>(memory);
  const auto* end = at + bytes / sizeof(Vector);
  Vector sum{};
  if ((bytes & 63) != 0) {
    for (const auto* part = at + bytes % 64 / sizeof(Vector); at != part; at++) sum |= *at;
  }
  // Where a difference would be found early is of no interest: it ends the program.
  for (; at != end; at += 4) sum |= (at[0] | at[1]) | (at[2] | at[3]);
  return (sum[0] | sum[1]) == 0;
}

inline void Clear(void* memory, u64 bytes) {
  if (bytes > 512) {
    __builtin_memset(memory, 0, bytes);
    return;
  }
  auto* at = static_cast<Vector*>(memory);
  for (const auto* end = at + bytes / sizeof(Vector); at != end; at++) {
    *at = Vector{};
    asm volatile("" : : "r"(at) : "memory");  // or it becomes a call of memset
  }
}

}  // namespace caponier::heap
