// Where a falling function takes a value: the search that the compression and the prediction estimates end with.
#pragma once

#include <functional>

namespace caponier::tool::entropy {

struct FallingSearch {
  double low = 0, high = 1;  // where to look
  double at_nonsense = 1;    // the answer when the function's values make no sense (not a number, outside of the bracket)
};

// x in [low, high] with f(x) = target, by bisection until the numbers are used up. The steps and the ways to give up are those of
// NIST's tool, because near the ends of its domain the function is not quite a falling one in floating point, and then the way
// matters to the result.
double FindInFalling(const std::function<double(double)>& f, double target, const FallingSearch& search);

}  // namespace caponier::tool::entropy
