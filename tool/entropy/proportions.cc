#include "tool/entropy/proportions.h"

namespace caponier::tool::entropy {

std::vector<double> Proportions(std::span<const u8> symbols, unsigned alphabet) {
  std::vector<u64> counts(alphabet);
  for (const u8 symbol : symbols) counts[symbol]++;
  const double one = 1.0 / static_cast<double>(symbols.size());
  std::vector<double> out(alphabet);
  for (unsigned symbol = 0; symbol < alphabet; symbol++) {
    for (u64 i = 0; i < counts[symbol]; i++) out[symbol] += one;
  }
  return out;
}

}  // namespace caponier::tool::entropy
