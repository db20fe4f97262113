// `caponier entropy assess`: from a file of samples to numbers.
#pragma once

#include <optional>
#include <string>

#include "tool/entropy/non_iid.h"
#include "tool/entropy/samples.h"

namespace caponier::tool::entropy {

// [sp800-90b] 3.1.3 and, for the output of a conditioning component, 3.1.5.2. NIST's tool assesses two symbols as bits whatever their
// width, and makes a string of bits of wider alphabets only.
struct Assessment {
  Estimates symbols;                  // of the samples as they are; empty for conditioned data
  Estimates bits;                     // of the string of their bits; empty for two symbols, unless conditioned
  std::optional<double> h_original;   // a sample
  std::optional<double> h_bitstring;  // a bit
  double h_assessed = 0;              // a sample: min(h_original, bits x h_bitstring)
};

enum class DataKind { kRaw, kConditioned };

// All ten estimators, on all processors. Throws Failure for data of one symbol, which has no entropy.
Assessment AssessNonIid(const Samples& samples, DataKind kind);

}  // namespace caponier::tool::entropy
