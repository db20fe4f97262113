#include "tool/entropy/markov.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace caponier::tool::entropy {
namespace {

constexpr double kLength = 128;  // of the most likely sequence

struct Chain {
  double p0, p1, p00, p01, p10, p11;
};

Chain Count(const BitString& bits) {
  u64 zeros = 0, zero_zero = 0, one_zero = 0;  // over all bits but the last, with what follows
  const u64 steps = bits.size() - 1;
  for (u64 at = 0; at < steps; at += 64) {
    const u64 valid = steps - at >= 64 ? ~u64{0} : ~(~u64{0} >> (steps - at));
    const u64 from = bits.Window(at), to = bits.Window(at + 1);
    zeros += static_cast<u64>(std::popcount(~from & valid));
    zero_zero += static_cast<u64>(std::popcount(~from & ~to & valid));
    one_zero += static_cast<u64>(std::popcount(from & ~to & valid));
  }
  const u64 ones = steps - zeros;
  Chain chain{};
  if (zeros > 0) {
    chain.p00 = static_cast<double>(zero_zero) / static_cast<double>(zeros);
    chain.p01 = 1 - chain.p00;
  }
  if (ones > 0) {
    chain.p10 = static_cast<double>(one_zero) / static_cast<double>(ones);
    chain.p11 = 1 - chain.p10;
  }
  chain.p0 = static_cast<double>(bits.size() - bits.CountOnes()) / static_cast<double>(bits.size());
  chain.p1 = 1 - chain.p0;
  return chain;
}

}  // namespace

double Markov(const BitString& bits) {
  const Chain c = Count(bits);
  double least = kLength;
  const auto consider = [&](double entropy) { least = std::min(least, entropy); };
  const auto bits_of = [](double p) { return -std::log2(p); };
  // The six candidates of the standard's table. One that cannot happen is left out.
  if (c.p00 > 0) consider(bits_of(c.p0) + 127 * bits_of(c.p00));
  if (c.p01 > 0 && c.p10 > 0) consider(bits_of(c.p0) + 64 * bits_of(c.p01) + 63 * bits_of(c.p10));
  if (c.p01 > 0 && c.p11 > 0) consider(bits_of(c.p0) + bits_of(c.p01) + 126 * bits_of(c.p11));
  if (c.p10 > 0 && c.p00 > 0) consider(bits_of(c.p1) + bits_of(c.p10) + 126 * bits_of(c.p00));
  if (c.p10 > 0 && c.p01 > 0) consider(bits_of(c.p1) + 64 * bits_of(c.p10) + 63 * bits_of(c.p01));
  if (c.p11 > 0) consider(bits_of(c.p1) + 127 * bits_of(c.p11));
  return std::max(0.0, std::min(least / kLength, 1.0));
}

}  // namespace caponier::tool::entropy
