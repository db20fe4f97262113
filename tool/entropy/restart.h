// [sp800-90b] 3.1.4: whether a source does the same each time it starts. 1000 restarts of 1000 samples each make the rows of a matrix.
#pragma once

#include "tool/entropy/non_iid.h"
#include "tool/entropy/samples.h"

namespace caponier::tool::entropy {

inline constexpr u64 kRestarts = 1000;
inline constexpr u64 kRestartSamples = 1000;

// The number of times that the most common symbol of 1000 may come when each has at most `initial` bits of entropy: more happens in one
// of 2000 rows and columns with probability 0.01 (3.1.4.3). The worst case is taken, as many symbols as possible of probability
// 2^-initial and one for the rest. The standard has it simulated; here it is computed, exactly.
u32 RestartCutoff(double initial);

// What is claimed of the source: the matrix of one whose samples are independent and identically distributed is assessed by its most common
// value alone (3.1.4.1, 6.1), of any other by all ten estimators.
enum class Claim { kNonIid, kIid };

struct RestartAssessment {
  u32 cutoff = 0;
  u32 most_in_row = 0, most_in_column = 0;  // of one symbol
  bool sane = false;                        // neither is above the cutoff; otherwise the rest is empty
  Estimates rows{}, columns{};
  double h_rows = 0, h_columns = 0;
  bool valid = false;     // both at least half of the initial estimate
  double h_assessed = 0;  // the least of the three; 0 when not valid
};

// Throws Failure when the samples do not make the matrix, are all the same, or are too few different ones for the initial estimate.
RestartAssessment AssessRestarts(const Samples& samples, double initial, Claim claim, const std::string& name);

}  // namespace caponier::tool::entropy
