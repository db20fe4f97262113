#include "tool/entropy/lag.h"

#include <algorithm>
#include <vector>

#include "tool/entropy/byte_flags.h"
#include "tool/entropy/processor.h"
#include "tool/entropy/scoreboard.h"

namespace caponier::tool::entropy {
namespace {

// `matches(at, lag)`: where the 64 symbols from `at` on equal those `lag` before them, the first one highest; what it says about
// symbols before the first or after the last one does not matter.
template <typename Matches>
[[gnu::always_inline]] inline Predictions Predict(u64 size, unsigned depth, const Matches& matches) {
  Scoreboard board(depth);
  std::vector<u64> right(depth);
  for (u64 at = 1; at < size; at += 64) {
    const auto steps = static_cast<unsigned>(std::min<u64>(64, size - at));
    const u64 inside = ~u64{0} << (64 - steps);
    for (unsigned d = 0; d < depth; d++) {
      const u64 lag = d + 1;
      if (lag <= at) {
        right[d] = matches(at, lag) & inside;
      } else {
        // The first lag - at of the steps have nothing that far back.
        right[d] = lag - at >= 64 ? 0 : matches(at, lag) & inside & ~u64{0} >> (lag - at);
      }
    }
    board.Add(right, {}, steps);
  }
  return {.count = size - 1, .correct = board.correct(), .longest_run = board.longest_run()};
}

}  // namespace

CAPONIER_FOR_NEWER_PROCESSORS_TOO
Predictions Lag(std::span<const u8> symbols, unsigned depth) {
  // Turned round, so that the first of 64 symbols gives the highest bit; with room for a block that sticks out at either end.
  const u64 size = symbols.size();
  std::vector<u8> reversed(64 + size + depth + 64);
  std::reverse_copy(symbols.begin(), symbols.end(), reversed.begin() + 64);
  const u8* const first = reversed.data() + 64 + size - 1;
  return Predict(size, depth, [&](u64 at, u64 lag) __attribute__((always_inline)) {
    const u8* const block = first - at - 63;
    return EqualBytes(block, block + lag);
  });
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
Predictions Lag(const BitString& bits, unsigned depth) {
  return Predict(bits.size(), depth, [&](u64 at, u64 lag) __attribute__((always_inline)) {
    const u64 back = lag <= at ? bits.Window(at - lag) : bits.Window(0) >> (lag - at);
    return ~(bits.Window(at) ^ back);
  });
}

}  // namespace caponier::tool::entropy
