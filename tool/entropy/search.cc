#include "tool/entropy/search.h"

#include <bit>
#include <cmath>
#include <limits>

#include "lib/base/types.h"

namespace caponier::tool::entropy {
namespace {

// Equal to a unit in the last place or four.
bool CloseEnough(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return false;
  if (a == b) return true;
  if (std::isinf(a) || std::isinf(b)) return false;
  const double difference = std::fabs(a - b), small = std::fmin(std::fabs(a), std::fabs(b)),
               large = std::fmax(std::fabs(a), std::fabs(b));
  constexpr double kLeast = std::numeric_limits<double>::min(), kEpsilon = std::numeric_limits<double>::epsilon();
  if (small < kLeast || difference < kLeast || large * kEpsilon < kLeast) return difference <= kLeast;
  if (difference <= large * kEpsilon) return true;
  if (std::signbit(a) != std::signbit(b)) return false;
  return std::bit_cast<u64>(large) - std::bit_cast<u64>(small) <= 4;
}

}  // namespace

double FindInFalling(const std::function<double(double)>& f, double target, const FallingSearch& search) {
  // Halving a bracket of doubles ends after as many steps as there are exponents and bits of fraction, at the most.
  constexpr int kMostSteps = 1076;
  double low = search.low, high = search.high;
  double at_low = std::numeric_limits<double>::infinity(), at_high = -at_low;
  double x = (low + high) / 2, value = f(x);
  for (int i = 0; i < kMostSteps && !CloseEnough(value, target); i++) {
    if (target < value) {
      low = x;
      at_low = value;
    } else {
      high = x;
      at_high = value;
    }
    if (low >= high) return high;
    if (!(target >= at_high && target <= at_low)) return search.at_nonsense;
    const double last = x;
    x = (low + high) / 2;
    if (!(x > low && x < high) || x == last) return high;
    value = f(x);
    if (!(value >= at_high && value <= at_low)) return high;
  }
  return x;
}

}  // namespace caponier::tool::entropy
