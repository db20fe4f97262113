// The chi-square distribution's tail.
#pragma once

namespace caponier::tool::entropy {

// The probability that a chi-square variable of `freedom` degrees exceeds `score`; 1 without freedom or score.
double ChiSquareTail(double score, double freedom);

}  // namespace caponier::tool::entropy
