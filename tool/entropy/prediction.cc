#include "tool/entropy/prediction.h"

#include <cmath>
#include <limits>

#include "tool/entropy/confidence.h"
#include "tool/entropy/search.h"

namespace caponier::tool::entropy {
namespace {

// The logarithm of the probability that n predictions, each right with probability p, have no run of r right ones:
// (1 - p x) / ((r + 1 - r x) q) * x^-(n+1), where x is the smallest positive root of 1 - x + q p^r x^(r+1).
//
// The standard lets x be the tenth iterate of x = 1 + q p^r x^(r+1) from 1. NIST's tool goes on until nothing changes, at most 66 times,
// in long double, and so do we.
double LogOfNoRun(long double p, u64 r, u64 n) {
  constexpr int kMostIterates = 66;
  const auto run = static_cast<long double>(r);
  const long double q = 1 - p;
  const long double p_to_the_run = powl(p, run);
  long double x = 1, last = 0;
  for (int i = 0; i < kMostIterates && x - last > std::numeric_limits<long double>::epsilon() * x; i++) {
    last = x;
    x = 1 + q * p_to_the_run * powl(x, run + 1);
  }
  return static_cast<double>(logl(1 - p * x) - logl((run + 1 - run * x) * q) - (static_cast<long double>(n) + 1) * logl(x));
}

}  // namespace

double PredictionEstimate(const Predictions& predictions, unsigned alphabet) {
  const auto n = static_cast<double>(predictions.count);
  const double p_global = static_cast<double>(predictions.correct) / n;
  const double p_global_bound = p_global > 0 ? UpperBound(p_global, n, kZAlpha) : 1 - std::pow(0.01, 1 / n);
  double p = std::fmax(1.0 / alphabet, p_global_bound);
  const u64 r = predictions.longest_run + 1;
  const double target = std::log(0.99);
  // p_local counts only where it is above the others, so it is looked for only there.
  if (p < 1 && LogOfNoRun(p, r, predictions.count) > target) {
    const auto f = [&](double x) { return LogOfNoRun(x, r, predictions.count); };
    p = std::fmax(p, FindInFalling(f, target, {.low = p, .high = 1, .at_nonsense = 1}));
  }
  return MinEntropy(p);
}

}  // namespace caponier::tool::entropy
