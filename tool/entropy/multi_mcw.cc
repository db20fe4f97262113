#include "tool/entropy/multi_mcw.h"

#include <algorithm>
#include <vector>

#include "tool/entropy/processor.h"
#include "tool/entropy/scoreboard.h"

namespace caponier::tool::entropy {
namespace {

// The most common symbol of a window that slides by one; of several, the one seen last.
class SlidingMode {
 public:
  SlidingMode(std::span<const u8> symbols, unsigned alphabet, u32 length)
      : symbols_(symbols), counts_(alphabet), last_(alphabet), length_(length) {
    for (u32 i = 0; i < length; i++) Enter(i);
  }

  // Where the prediction was right in the steps from `at` on; the window ends before `at`.
  u64 Predict(u64 at, unsigned steps) {
    u64 right = 0;
    for (unsigned step = 0; step < steps; step++) {
      right |= u64{symbols_[at + step] == mode_} << (63 - step);
      Slide(at + step);
    }
    return right;
  }

 private:
  void Enter(u64 at) {
    const u8 symbol = symbols_[at];
    last_[symbol] = at;
    if (++counts_[symbol] >= most_) {
      most_ = counts_[symbol];
      mode_ = symbol;
    }
  }

  void Slide(u64 at) {
    const u8 gone = symbols_[at - length_];
    counts_[gone]--;
    if (gone != mode_) return Enter(at);
    counts_[symbols_[at]]++;
    last_[symbols_[at]] = at;
    most_ = *std::max_element(counts_.begin(), counts_.end());
    u64 latest = 0;
    for (unsigned symbol = 0; symbol < counts_.size(); symbol++) {
      if (counts_[symbol] == most_ && last_[symbol] >= latest) {
        latest = last_[symbol];
        mode_ = static_cast<u8>(symbol);
      }
    }
  }

  std::span<const u8> symbols_;
  std::vector<u32> counts_;
  std::vector<u64> last_;  // where each was seen last
  u64 length_;
  u32 most_ = 0;
  u8 mode_ = 0;
};

// The same for bits and an odd window, in which two symbols are never equally common.
class SlidingMajority {
 public:
  SlidingMajority(const BitString& bits, u32 length) : bits_(bits), length_(length) {
    for (u32 i = 0; i < length; i++) twice_ += bits[i] ? 1 : -1;
  }

  [[gnu::always_inline]] u64 Predict(u64 at, unsigned steps) {
    u64 in = bits_.Window(at), out = bits_.Window(at - length_), right = 0;
    for (unsigned step = 0; step < steps; step++) {
      const auto enters = static_cast<i64>(in >> 63), leaves = static_cast<i64>(out >> 63);
      in <<= 1;
      out <<= 1;
      right = right << 1 | static_cast<u64>((twice_ > 0) == (enters != 0));
      twice_ += 2 * (enters - leaves);
    }
    return right << (64 - steps);
  }

 private:
  const BitString& bits_;
  u64 length_;
  i64 twice_ = 0;  // ones less zeros
};

template <typename Sliding>
[[gnu::always_inline]] inline Predictions Run(u64 size, const Windows& windows, std::array<Sliding, 4>& sliding) {
  Scoreboard board(4);
  // Blocks end where a window becomes full, so that it predicts in all of a block or in nothing of it.
  for (u64 at = windows[0]; at < size;) {
    u64 steps = std::min<u64>(64, size - at);
    std::array<u64, 4> right{};
    for (const u32 window : windows) {
      if (window > at) steps = std::min(steps, window - at);
    }
    for (size_t i = 0; i < 4; i++) {
      if (windows[i] <= at) right[i] = sliding[i].Predict(at, static_cast<unsigned>(steps));
    }
    board.Add(right, {}, static_cast<unsigned>(steps));
    at += steps;
  }
  return {.count = size - windows[0], .correct = board.correct(), .longest_run = board.longest_run()};
}

}  // namespace

std::optional<Predictions> MultiMcw(std::span<const u8> symbols, unsigned alphabet, const Windows& windows) {
  if (symbols.size() < windows[3] + 1) return std::nullopt;
  const auto mode = [&](size_t i) { return SlidingMode(symbols, alphabet, windows[i]); };
  std::array<SlidingMode, 4> sliding{mode(0), mode(1), mode(2), mode(3)};
  return Run(symbols.size(), windows, sliding);
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
std::optional<Predictions> MultiMcw(const BitString& bits) {
  if (bits.size() < kWindows[3] + 1) return std::nullopt;
  const auto majority = [&](size_t i) { return SlidingMajority(bits, kWindows[i]); };
  std::array<SlidingMajority, 4> sliding{majority(0), majority(1), majority(2), majority(3)};
  return Run(bits.size(), kWindows, sliding);
}

}  // namespace caponier::tool::entropy
