#include "tool/entropy/collision.h"

#include <array>
#include <cmath>

#include "tool/entropy/confidence.h"

namespace caponier::tool::entropy {
namespace {

// Bits are taken until two are equal: after two (00, 11) or after three. An automaton does a byte at a step.
enum State : u8 { kNone, kZero, kOne, kBoth, kStates };  // what was taken since the last collision

struct Step {
  u8 next = kNone;
  u8 twos = 0, threes = 0;  // collisions met on the way
};

constexpr Step Take(Step step, unsigned bit) {
  switch (step.next) {
    case kNone: step.next = bit ? kOne : kZero; break;
    case kBoth:
      step.threes++;
      step.next = kNone;
      break;
    default:
      if ((step.next == kOne) == (bit == 1)) {
        step.twos++;
        step.next = kNone;
      } else {
        step.next = kBoth;
      }
  }
  return step;
}

constexpr auto kSteps = [] {
  std::array<std::array<Step, 256>, kStates> steps{};
  for (unsigned state = 0; state < kStates; state++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      Step step{.next = static_cast<u8>(state)};
      for (int bit = 7; bit >= 0; bit--) step = Take(step, byte >> bit & 1);
      steps[state][byte] = step;
    }
  }
  return steps;
}();

}  // namespace

double Collision(const BitString& bits) {
  u64 twos = 0, threes = 0, at = 0;
  Step step;
  for (; at + 64 <= bits.size(); at += 64) {
    const u64 window = bits.Window(at);
    for (int shift = 56; shift >= 0; shift -= 8) {
      step = kSteps[step.next][window >> shift & 0xff];
      twos += step.twos;
      threes += step.threes;
    }
  }
  step.twos = step.threes = 0;
  for (; at < bits.size(); at++) step = Take(step, bits[at]);
  twos += step.twos;
  threes += step.threes;

  const auto v = static_cast<double>(twos + threes), sum = static_cast<double>(2 * twos + 3 * threes);
  const double mean = sum / v;
  const double deviation = std::sqrt((static_cast<double>(4 * twos + 9 * threes) - sum * mean) / (v - 1));
  const double bound = std::fmax(2.0, mean - kZAlpha * deviation / std::sqrt(v));
  // Steps 7 and 8: the equation in F(q) becomes bound = -2p^2 + 2p + 2 for two symbols, and the root of it above 1/2 is wanted. It is
  // real below 2.5; at and above that the estimate is a full bit. (Both as NIST's tool has it.)
  return bound < 2.5 ? MinEntropy(0.5 + std::sqrt(1.25 - 0.5 * bound)) : 1.0;
}

}  // namespace caponier::tool::entropy
