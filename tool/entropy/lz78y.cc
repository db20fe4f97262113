#include "tool/entropy/lz78y.h"

#include <algorithm>
#include <array>
#include <vector>

#include "tool/entropy/context_trie.h"

namespace caponier::tool::entropy {
namespace {

class Tally {
 public:
  void Add(bool right) {
    run_ = right ? run_ + 1 : 0;
    correct_ += right ? 1 : 0;
    longest_run_ = std::max(longest_run_, run_);
  }
  Predictions Of(u64 count) const { return {.count = count, .correct = correct_, .longest_run = longest_run_}; }

 private:
  u64 correct_ = 0, run_ = 0, longest_run_ = 0;
};

class Predictor {
 public:
  Predictor(std::span<const u8> symbols, unsigned depth, u32 most_entries)
      : symbols_(symbols), trie_(symbols), room_(most_entries), depth_(depth) {}

  Predictions Run() {
    Step(depth_);  // predicts nothing: the dictionary is empty
    Tally tally;
    for (u64 at = depth_ + 1; at < symbols_.size(); at++) tally.Add(Step(at));
    return tally.Of(symbols_.size() - depth_ - 1);
  }

 private:
  // Whether the prediction was right.
  bool Step(u64 at) {
    const u8 next = symbols_[at];
    u32 most = 0;
    u8 prediction = 0;
    ContextTrie::Node node = ContextTrie::kRoot;
    for (unsigned length = 1; length <= depth_; length++) {
      const ContextTrie::Node child = trie_.Child(node, at, length);
      if (child == ContextTrie::kNone) {
        Enter(node, at, length);
        break;
      }
      node = child;
      if (trie_.IsGhost(node)) continue;
      if (trie_.best_count(node) >= most) {  // of several equal ones the longest context's
        most = trie_.best_count(node);
        prediction = trie_.prediction(node);
      }
      trie_.Count(node, at, length, ContextTrie::NewPairs::kAllowed);
    }
    return most != 0 && prediction == next;
  }

  // Contexts enter longest first, as long as there is room; the shorter ones then may find none, once.
  void Enter(ContextTrie::Node parent, u64 at, unsigned length) {
    if (room_ == 0) return;
    const unsigned wanted = depth_ + 1 - length;
    if (wanted <= room_) {
      trie_.AddOccurrence(parent, at, length, depth_);
      room_ -= wanted;
      return;
    }
    for (unsigned ghosts = wanted - room_; ghosts > 0; ghosts--) parent = trie_.AddGhost(parent, at, length++);
    trie_.AddOccurrence(parent, at, length, depth_);
    room_ = 0;
  }

  std::span<const u8> symbols_;
  ContextTrie trie_;
  u32 room_;
  unsigned depth_;
};

// Bits: a table of counts for each length of context.
class BitPredictor {
 public:
  explicit BitPredictor(const BitString& bits) : bits_(bits) {
    for (unsigned i = 0; i < kLzDepth; i++) counts_[i].resize(4u << i);
  }

  Predictions Run() {
    Step(kLzDepth);
    Tally tally;
    u64 at = kLzDepth + 1;
    for (; at < bits_.size() && !(at % 64 == 0 && ShortestDecides()); at++) tally.Add(Step(at));
    if (at < bits_.size()) RunOnShortest(at, tally);
    return tally.Of(bits_.size() - kLzDepth - 1);
  }

 private:
  bool Step(u64 at) {
    const unsigned next = bits_[at];
    const u64 contexts = bits_.Window(at - kLzDepth) >> (64 - kLzDepth);
    u32 most = 0;
    unsigned prediction = 0;
    for (unsigned length = kLzDepth; length > 0; length--) {
      u32* const counts = &counts_[length - 1][2 * (contexts & ((1u << length) - 1))];
      const unsigned likely = counts[0] > counts[1] ? 0 : 1;
      if (counts[likely] > most) {
        most = counts[likely];
        prediction = likely;
      }
      if (counts[likely] != 0) {
        counts[next]++;
      } else if (room_ != 0) {
        room_--;
        counts[next]++;
      }
    }
    return most != 0 && prediction == next;
  }

  // Whether no context of two or more bits can ever again have a count as high as the greatest of its last bit. A context that is in the
  // dictionary has been counted from its first occurrence on, so of the contexts 0b and 1b each count of b is the sum. Once each
  // of the two has been followed by each bit, both addends are smaller than the sum for ever, and longer contexts' counts are
  // smaller still.
  bool ShortestDecides() const {
    return std::all_of(counts_[1].begin(), counts_[1].end(), [](u32 count) { return count != 0; }) &&
           std::all_of(counts_[0].begin(), counts_[0].end(), [](u32 count) { return count != 0; });
  }

  void RunOnShortest(u64 at, Tally& tally) {
    std::array<i64, 2> more_zeros{};
    for (unsigned last = 0; last < 2; last++) more_zeros[last] = i64{counts_[0][2 * last]} - counts_[0][2 * last + 1];
    unsigned last = bits_[at - 1];
    while (at < bits_.size()) {
      const u64 steps = std::min<u64>(64, bits_.size() - at);
      u64 window = bits_.Window(at);
      for (u64 step = 0; step < steps; step++) {
        const auto next = static_cast<unsigned>(window >> 63);
        window <<= 1;
        tally.Add((more_zeros[last] <= 0) == (next == 1));
        more_zeros[last] += next == 1 ? -1 : 1;
        last = next;
      }
      at += steps;
    }
  }

  const BitString& bits_;
  std::array<std::vector<u32>, kLzDepth> counts_;  // by length - 1: [context][bit]
  u32 room_ = kLzEntries;
};

}  // namespace

Predictions Lz78y(std::span<const u8> symbols, unsigned depth, u32 most_entries) {
  return Predictor(symbols, depth, most_entries).Run();
}

Predictions Lz78y(const BitString& bits) { return BitPredictor(bits).Run(); }

}  // namespace caponier::tool::entropy
