#include "tool/entropy/tuples.h"

#include <cmath>

#include "tool/entropy/confidence.h"

namespace caponier::tool::entropy {
namespace {

double Estimate(long double p, u64 size) {
  return std::max(0.0, static_cast<double>(-log2l(UpperBound(p, static_cast<long double>(size), kZAlphaLong))));
}

}  // namespace

TupleEstimates EstimateTuples(const Repeats& repeats, u32 cutoff) {
  TupleEstimates out;
  u64 u = 1;  // the shortest length of which no tuple occurs often
  long double most_likely = -1;
  for (; u <= repeats.longest() && repeats.MostFrequent(u) >= cutoff; u++) {
    const long double p = static_cast<long double>(repeats.MostFrequent(u)) / static_cast<long double>(repeats.size() - u + 1);
    most_likely = std::max(most_likely, powl(p, 1 / static_cast<long double>(u)));
  }
  if (u > 1) out.t_tuple = Estimate(most_likely, repeats.size());
  if (repeats.longest() < u) return out;
  most_likely = 0;
  repeats.ForPairs(u, [&](u64 t, u64 pairs) {
    const u64 places = repeats.size() - t + 1;
    const long double p = static_cast<long double>(pairs) / static_cast<long double>(places * (places - 1) / 2);
    most_likely = std::max(most_likely, powl(p, 1 / static_cast<long double>(t)));
  });
  out.lrs = Estimate(most_likely, repeats.size());
  return out;
}

}  // namespace caponier::tool::entropy
