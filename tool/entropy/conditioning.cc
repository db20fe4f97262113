#include "tool/entropy/conditioning.h"

#include <algorithm>
#include <cmath>

namespace caponier::tool::entropy {
namespace {

constexpr long double kLn2 = 0.693147180559945309417232121458176568L;

long double Log2Of1Plus(long double x) { return log1pl(x) / kLn2; }

// 3.1.5.1.2. The probabilities are powers of two with exponents of up to the number of bits, so logarithms are computed with:
//   p_low = (1 - 2^-h_in) / (2^n_in - 1) = 2^-n_in ratio,
//   psi   = 2^(n_in - n) p_low + 2^-h_in = 2^-n (ratio + 2^(n - h_in)),
//   omega = p_low (2^(n_in - n) + sqrt(2 n 2^(n_in - n) ln 2)) = 2^-n ratio (1 + sqrt(2 n ln 2 / 2^(n_in - n))).
// The entropy is that of the more likely one.
long double OutputEntropy(const Conditioning& c) {
  const u64 narrowest = std::min(c.narrowest_bits, c.input_bits);  // more cannot matter: appendix E
  const auto n = static_cast<long double>(std::min(c.output_bits, narrowest));
  const auto n_in = static_cast<long double>(c.input_bits);
  const auto h = static_cast<long double>(c.input_entropy);
  const long double log_ratio = Log2Of1Plus(-exp2l(-h)) - Log2Of1Plus(-exp2l(-n_in));
  const long double psi =
      h < n ? h - Log2Of1Plus(exp2l(h - n + log_ratio)) : n - Log2Of1Plus(exp2l(n - h) + exp2l(log_ratio) - 1);
  const long double omega = n - log_ratio - Log2Of1Plus(sqrtl(2 * n * kLn2 * exp2l(n - n_in)));
  return std::max(0.0L, std::min(psi, omega));
}

}  // namespace

ConditionedEntropy Condition(const Conditioning& c) {
  const auto output_bits = static_cast<long double>(c.output_bits);
  ConditionedEntropy out{.output_entropy = OutputEntropy(c)};
  out.h_out = out.output_entropy;
  if (c.bit_entropy.has_value()) {
    // 3.1.5.2
    out.h_out = std::min({out.h_out, 0.999L * output_bits, static_cast<long double>(*c.bit_entropy) * output_bits});
  } else {
    out.full_entropy = c.input_entropy >= static_cast<double>(c.output_bits) + 64 && c.narrowest_bits >= c.output_bits;
  }
  return out;
}

}  // namespace caponier::tool::entropy
