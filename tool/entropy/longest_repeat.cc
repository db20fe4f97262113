#include "tool/entropy/longest_repeat.h"

#include <cmath>

#include "tool/entropy/proportions.h"

namespace caponier::tool::entropy {

LongestRepeat TestLongestRepeat(std::span<const u8> symbols, unsigned alphabet, const Repeats& repeats) {
  long double collision = 0;
  for (const double p : Proportions(symbols, alphabet)) collision += static_cast<long double>(p) * static_cast<long double>(p);
  const auto places = static_cast<long double>(symbols.size() - repeats.longest() + 1);
  const long double pairs = places * (places - 1) / 2;
  // The logarithm of the probability that no two of the places have the same string.
  const long double log_of_none = pairs * log1pl(-powl(collision, static_cast<long double>(repeats.longest())));
  return {.length = repeats.longest(),
          .collision = static_cast<double>(collision),
          .probability = static_cast<double>(-expm1l(log_of_none)),
          .passed = logl(0.999L) >= log_of_none};
}

}  // namespace caponier::tool::entropy
