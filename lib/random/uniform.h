// Numbers below a bound, without bias, from any supply of 64-bit words.
#pragma once

#include <concepts>
#include <type_traits>

#include "lib/base/types.h"

namespace caponier::random {

// Multiplication by the bound spreads 2^64 values over it; the 2^64 mod bound values that would make some results likelier than
// others are drawn again [lemire]. The first test is true for any bound unless the low half is small, so a division is rare. `bound`
// is not zero.
template <typename Next>
  requires std::same_as<std::invoke_result_t<Next&>, u64>
u64 UniformBelow(u64 bound, Next next) {
  auto product = static_cast<unsigned __int128>(next()) * bound;
  if (static_cast<u64>(product) < bound) {
    const u64 excess = -bound % bound;
    while (static_cast<u64>(product) < excess) product = static_cast<unsigned __int128>(next()) * bound;
  }
  return static_cast<u64>(product >> 64);
}

}  // namespace caponier::random
