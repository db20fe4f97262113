// The file that is assessed: one symbol a byte.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/types.h"
#include "tool/entropy/bit_string.h"

namespace caponier::tool::entropy {

// Fewer say nothing: the estimators need a few thousand bits, and the standard a million samples.
inline constexpr u64 kFewestSamples = 1000;
// [sp800-90b] 3.1.1: what a source is to be assessed by. Fewer give estimates, with a warning.
inline constexpr u64 kWantedSamples = 1000000;
// Samples times bits: what fits into 1 GiB of memory with a suffix array over all bits.
inline constexpr u64 kMostBits = 64000000;

struct Samples {
  unsigned bits = 8;            // a symbol
  std::vector<u8> raw;          // below 2^bits
  std::vector<u8> symbols;      // the same with the symbols numbered without gaps, as the estimators want it
  unsigned alphabet = 0;        // different symbols
  u8 greatest = 0;              // in raw
  unsigned narrowest_bits = 0;  // that would do; less than `bits` when the highest bits are never set

  // All bits of the raw samples, the highest of each first.
  BitString Bits() const { return BitString::Pack(raw, bits); }
};

// Throws Failure for a file that cannot be read, is empty, too short or too long, or has a symbol of more than `bits` (1 to 8) bits.
Samples ReadSamples(const std::string& path, unsigned bits);
// The same for what was read; `name` is for the failure's line.
Samples MakeSamples(std::vector<u8> raw, unsigned bits, const std::string& name);

}  // namespace caponier::tool::entropy
