// Where one region stood in many layouts, and what that says of its entropy.
//
// Entropy is estimated by collisions: among n layouts a region of b bits stands at the same place in n(n-1)/2^(b+1) pairs. That needs no
// guess at how the places are distributed, and an attacker who guesses meets the same number. A region's entropy given another's place is
// that of their difference: were one derived from the other, differences would repeat. Slices of a place's bits are held against an even
// spread by Pearson's chi-square.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::audit {

struct Series {
  std::string name;
  std::vector<u64> places;  // page numbers
  int promised_bits = 0;    // 0: nothing is promised
};

struct Collisions {
  u64 samples = 0, pairs = 0;
  // The estimate; nothing while fewer than 4 pairs met, as it would be no better than a bit.
  std::optional<double> bits() const;
  // Standard deviation of the estimate, in bits.
  double deviation() const;
  // With 99.9 % confidence there are at least as many bits.
  double proven_bits() const;
};
Collisions CountCollisions(std::vector<u64> values);
// The values B-A, in the ring of 2^window_bits; 64: all differences as they are.
std::vector<u64> Differences(std::span<const u64> b, std::span<const u64> a, int window_bits);

// The least p-value over slices of 4, 8 and 12 bits of values that should be even over [0, count), and how many slices there were.
struct Slices {
  double least_p = 1;
  unsigned tests = 0;
};
Slices TestSlices(std::span<const u64> values, u64 count);

// How many bits of the addresses ever differed: what paxtest reports as entropy. An upper bound, blind to bias and correlation.
int ChangedBits(std::span<const u64> values);
// For each bit, from the lowest, the share of values in which it is set.
std::vector<double> BitDensities(std::span<const u64> values, int bits);

}  // namespace caponier::tool::audit
