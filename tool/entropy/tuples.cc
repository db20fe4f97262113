#include "tool/entropy/tuples.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tool/entropy/confidence.h"

namespace caponier::tool::entropy {
namespace {

// The greatest of p^(1/t): by logarithms, since there may be millions of them, and the power only of that one.
class GreatestRoot {
 public:
  void Add(long double p, u64 t) {
    const long double log = logl(p) / static_cast<long double>(t);
    if (log <= log_) return;
    log_ = log;
    root_ = powl(p, 1 / static_cast<long double>(t));
  }
  // The estimate for a text of `size` symbols.
  double Estimate(u64 size) const {
    return std::max(0.0, static_cast<double>(-log2l(UpperBound(root_, static_cast<long double>(size), kZAlphaLong))));
  }

 private:
  long double log_ = -std::numeric_limits<long double>::infinity(), root_ = 0;
};

}  // namespace

TupleEstimates EstimateTuples(const Repeats& repeats, u32 cutoff) {
  TupleEstimates out;
  u64 u = 1;  // the shortest length of which no tuple occurs often
  GreatestRoot tuples;
  for (; u <= repeats.longest() && repeats.MostFrequent(u) >= cutoff; u++) {
    tuples.Add(static_cast<long double>(repeats.MostFrequent(u)) / static_cast<long double>(repeats.size() - u + 1), u);
  }
  if (u > 1) out.t_tuple = tuples.Estimate(repeats.size());
  if (repeats.longest() < u) return out;
  GreatestRoot substrings;
  repeats.ForPairs(u, [&](u64 t, u64 pairs) {
    const u64 places = repeats.size() - t + 1;
    substrings.Add(static_cast<long double>(pairs) / static_cast<long double>(places * (places - 1) / 2), t);
  });
  out.lrs = substrings.Estimate(repeats.size());
  return out;
}

}  // namespace caponier::tool::entropy
