// [sp800-90b] 3.1.5: how much entropy comes out of a conditioning component.
#pragma once

#include <optional>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

struct Conditioning {
  u64 input_bits, output_bits;        // n_in, n_out
  u64 narrowest_bits;                 // nw: the narrowest internal width
  double input_entropy;               // h_in, above 0 and at most n_in
  std::optional<double> bit_entropy;  // h', of the output of a component that is not vetted
};

struct ConditionedEntropy {
  long double output_entropy = 0;  // what comes out of a vetted component
  long double h_out = 0;           // the same, or less for a component that is not vetted
  // [sp800-90b] has no full entropy; [sp800-90c] gives it to a vetted component that 64 bits more go into than come out of it.
  bool full_entropy = false;
};

ConditionedEntropy Condition(const Conditioning& conditioning);

}  // namespace caponier::tool::entropy
