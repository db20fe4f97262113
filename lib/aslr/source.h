// Where placement gets its randomness, and the two values drawn straight from it.
#pragma once

#include <concepts>

#include "lib/aslr/budget.h"
#include "lib/base/types.h"

namespace caponier::aslr {

// Uniform(bound) is each of 0 to bound-1 with equal probability, bound at least 1; Next() is 64 independent fair bits. A stream of
// lib/random is one. Nothing here reduces a number modulo a bound: that is the source's business, and it is unbiased.
template <typename T>
concept UniformSource = requires(T& source, u64 bound) {
  { source.Uniform(bound) } -> std::convertible_to<u64>;
  { source.Next() } -> std::convertible_to<u64>;
};

// A stack canary: 56 random bits above a zero byte. The zero byte lies first in memory, on both architectures, so that a string
// that runs over cannot reproduce it and one that is read over ends before it.
template <UniformSource Source>
u64 MakeCanary(Source& source) {
  return static_cast<u64>(source.Next()) << 8;
}

// How far below the top of its page a stack starts, in bytes: a multiple of 16 under 4096, uniformly.
template <UniformSource Source>
u64 MakeStackOffset(Source& source) {
  return static_cast<u64>(source.Uniform(u64{1} << kStackSubPageBits)) * kStackStep;
}

}  // namespace caponier::aslr
