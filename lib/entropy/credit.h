// Amounts of min-entropy: what a source is credited with, and the rate at which it may claim credit.
#pragma once

#include <compare>

#include "lib/base/types.h"

namespace caponier::entropy {

struct EntropyBits {
  u64 value = 0;
  constexpr auto operator<=>(const EntropyBits&) const = default;
  // Saturates: credit that has run past the end of the type is still only "enough".
  constexpr EntropyBits operator+(EntropyBits other) const {
    u64 sum;
    return {CheckedAdd(value, other.value, &sum) ? sum : ~u64{0}};
  }
};

struct EntropyRate {
  u32 millibits_per_sample = 0;
  constexpr auto operator<=>(const EntropyRate&) const = default;
  // Rounded down. Saturates the count of samples at 2^32, which no batch reaches.
  constexpr EntropyBits Of(u64 samples) const {
    return {(samples < (u64{1} << 32) ? samples : u64{1} << 32) * millibits_per_sample / 1000};
  }
};

// What a generator of 256-bit strength must be seeded with.
inline constexpr EntropyBits kFullSeed{256};

}  // namespace caponier::entropy
