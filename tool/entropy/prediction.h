// What the four predictors end with: from how often and how long in a row they were right to an estimate. [sp800-90b] 6.3.7, steps 4 to 8
#pragma once

#include "lib/base/types.h"

namespace caponier::tool::entropy {

struct Predictions {
  u64 count = 0;        // N: how many were made or could have been
  u64 correct = 0;      // C
  u64 longest_run = 0;  // of correct ones
  bool operator==(const Predictions&) const = default;
};

// The estimate in bits a symbol for an alphabet of `alphabet` symbols.
double PredictionEstimate(const Predictions& predictions, unsigned alphabet);

}  // namespace caponier::tool::entropy
