// [sp800-90b] 6.3.5 and 6.3.6, the t-tuple and the longest repeated substring estimates.
#pragma once

#include <optional>

#include "tool/entropy/repeats.h"

namespace caponier::tool::entropy {

struct TupleEstimates {
  std::optional<double> t_tuple;  // nothing when no symbol occurs `cutoff` times
  std::optional<double> lrs;      // nothing when every string that repeats does so `cutoff` times
};

// `cutoff`: how often a tuple must occur to be taken for the first estimate and not for the second.
TupleEstimates EstimateTuples(const Repeats& repeats, u32 cutoff = 35);

}  // namespace caponier::tool::entropy
