#include "tool/entropy/gamma.h"

#include <cmath>
#include <limits>

namespace caponier::tool::entropy {
namespace {

constexpr double kEnough = std::numeric_limits<double>::epsilon();
constexpr int kMostTerms = 1000000;

// Q(a, x), the regularised upper incomplete gamma function, for x above a: the continued fraction, by Lentz's method.
double UpperByFraction(double a, double x, double factor) {
  constexpr double kTiny = std::numeric_limits<double>::min() / kEnough;
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, h = d;
  for (int i = 1; i < kMostTerms; i++) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (std::fabs(d) < kTiny) d = kTiny;
    c = b + an / c;
    if (std::fabs(c) < kTiny) c = kTiny;
    d = 1 / d;
    h *= d * c;
    if (std::fabs(d * c - 1) < kEnough) break;
  }
  return factor * h;
}

// P = 1 - Q by its power series, for smaller x.
double LowerBySeries(double a, double x, double factor) {
  double term = 1 / a, sum = term;
  for (int i = 1; i < kMostTerms && term > sum * kEnough; i++) {
    term *= x / (a + i);
    sum += term;
  }
  return factor * sum;
}

}  // namespace

double ChiSquareTail(double score, double freedom) {
  const double a = freedom / 2, x = score / 2;
  if (!(a > 0) || !(x > 0)) return 1;
  int sign = 0;
  const double factor = std::exp(a * std::log(x) - x - lgamma_r(a, &sign));
  return x < a + 1 ? 1 - LowerBySeries(a, x, factor) : UpperByFraction(a, x, factor);
}

}  // namespace caponier::tool::entropy
