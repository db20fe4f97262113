#include "tool/entropy/multi_mmc.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <vector>

#include "tool/entropy/context_trie.h"
#include "tool/entropy/processor.h"
#include "tool/entropy/scoreboard.h"

namespace caponier::tool::entropy {
namespace {

// Symbols of any alphabet.
//
// For each step the contexts of 1, 2, ... symbols are looked up until one is not in its dictionary; that one and all longer ones predict
// nothing. The transition is counted in all dictionaries, and remembered in those that are not full.
//
// The dictionary of longer contexts usually fills first, since it has no fewer transitions. But the first few symbols are context to none
// but short contexts, so a dictionary may be full while that of a longer context is not: then the longer context enters alone,
// below ghosts. NIST's tool then counts an entry even for a transition that is there already, and so do we.
class Predictor {
 public:
  Predictor(std::span<const u8> symbols, unsigned depth, u32 most_entries)
      : symbols_(symbols), trie_(symbols), entries_(depth), points_(depth), most_entries_(most_entries), depth_(depth) {
    FindRoom();
  }

  Predictions Run() {
    // Step 1 predicts nothing, and only makes the first context known.
    for (u64 at = 1; at < symbols_.size(); at++) Step(at);
    return {.count = symbols_.size() - 2, .correct = correct_, .longest_run = longest_run_};
  }

 private:
  using Node = ContextTrie::Node;
  bool HasRoom(unsigned length) const { return entries_[length - 1] < most_entries_; }

  void Step(u64 at) {
    const unsigned deepest = static_cast<unsigned>(std::min<u64>(depth_, at));
    const unsigned believed = winner_;
    Node node = ContextTrie::kRoot;
    for (unsigned length = 1; length <= deepest; length++) {
      const Node child = trie_.Child(node, at, length);
      if (child == ContextTrie::kNone || trie_.IsGhost(child)) return Enter(node, child, at, length, deepest);
      node = child;
      Score(length - 1, trie_.prediction(node) == symbols_[at], length - 1 == believed);
      if (trie_.Count(node, at, length, HasRoom(length) ? ContextTrie::NewPairs::kAllowed : ContextTrie::NewPairs::kRefused)) {
        if (++entries_[length - 1] == most_entries_) FindRoom();
      }
    }
  }

  void Score(unsigned predictor, bool right, bool believed) {
    if (right && ++points_[predictor] >= points_[winner_]) winner_ = predictor;
    if (!believed) return;
    run_ = right ? run_ + 1 : 0;
    correct_ += right ? 1 : 0;
    longest_run_ = std::max(longest_run_, run_);
  }

  // The contexts of `length` and more symbols are not known.
  void Enter(Node parent, Node child, u64 at, unsigned length, unsigned deepest) {
    if (length > room_up_to_) return;
    deepest = std::min(deepest, room_up_to_);
    if (room_everywhere_ && child == ContextTrie::kNone) {
      if (deepest < length) return;
      trie_.AddOccurrence(parent, at, length, deepest);
      bool full = false;
      for (unsigned l = length; l <= deepest; l++) full |= ++entries_[l - 1] == most_entries_;
      if (full) FindRoom();
      return;
    }
    for (unsigned l = length; l <= deepest; l++) {
      child = trie_.Child(parent, at, l);
      if (child == ContextTrie::kNone) child = trie_.AddGhost(parent, at, l);
      if (HasRoom(l)) {
        trie_.Count(child, at, l, ContextTrie::NewPairs::kAllowed);
        entries_[l - 1]++;
      }
      parent = child;
    }
    FindRoom();
  }

  void FindRoom() {
    room_up_to_ = depth_;
    while (room_up_to_ > 0 && !HasRoom(room_up_to_)) room_up_to_--;
    room_everywhere_ = true;
    for (unsigned length = 1; length <= room_up_to_; length++) room_everywhere_ &= HasRoom(length);
  }

  std::span<const u8> symbols_;
  ContextTrie trie_;
  std::vector<u32> entries_;  // transitions known, by length - 1
  std::vector<u64> points_;
  u32 most_entries_;
  unsigned depth_;
  unsigned room_up_to_ = 0;       // the longest context whose dictionary is not full
  bool room_everywhere_ = false;  // nor is that of a shorter one
  unsigned winner_ = 0;
  u64 correct_ = 0, run_ = 0, longest_run_ = 0;
};

// Bits. Only the dictionary of the longest contexts can become full.
static_assert((1u << kMmcDepth) <= kMmcEntries && (2u << kMmcDepth) > kMmcEntries);

// In which of up to 64 steps, the first one highest, a prediction was right or was made at all.
struct Outcome {
  u64 right = 0, made = 0;
};

// The dictionary of contexts of one length but the greatest: how many more zeros than ones followed on each. As many predict a one.
class BitContexts {
 public:
  explicit BitContexts(unsigned length) : more_zeros_(size_t{1} << length), known_(more_zeros_.size()), length_(length) {}

  bool complete() const { return known_count_ == known_.size(); }
  unsigned length() const { return length_; }
  i32& more_zeros(u64 context) { return more_zeros_[context]; }

  // The steps from `at` + `skip` to `at` + `steps`; `at` + `skip` is at least the length.
  Outcome Predict(const BitString& bits, u64 at, unsigned skip, unsigned steps) {
    Outcome out;
    for (unsigned step = skip; step < steps; step++) {
      const u64 context = bits.Window(at + step - length_) >> (64 - length_);
      const u64 bit = bits[at + step], place = u64{1} << (63 - step);
      if (known_[context]) {
        out.made |= place;
        if ((more_zeros_[context] <= 0) == (bit != 0)) out.right |= place;
      } else {
        known_[context] = true;
        known_count_++;
      }
      more_zeros_[context] += bit != 0 ? -1 : 1;
    }
    return out;
  }

  // The same for 64 steps when all contexts are known.
  [[gnu::always_inline]] u64 PredictComplete(const BitString& bits, u64 at) {
    i32* const table = more_zeros_.data();
    u64 right = 0;
    for (const u64 half : {at, at + 32}) {
      // A context and 32 bits after it fit into one window.
      u64 window = bits.Window(half - length_);
      for (unsigned step = 0; step < 32; step++) {
        const u64 context_and_next = window >> (63 - length_);
        window <<= 1;
        i32& more_zeros = table[context_and_next >> 1];
        const auto next = static_cast<i32>(context_and_next & 1);
        right = right << 1 | static_cast<u64>((more_zeros <= 0) == (next != 0));
        more_zeros += 1 - 2 * next;
      }
    }
    return right;
  }

 private:
  std::vector<i32> more_zeros_;
  std::vector<bool> known_;
  size_t known_count_ = 0;
  unsigned length_;
};

// The shortest contexts come so often that what they predict rarely changes: 64 steps are done at once, context by context.
class ShortContexts {
 public:
  static constexpr unsigned kLongest = 5;

  // 64 steps; all contexts of up to kLongest bits are known. right[length - 1].
  [[gnu::always_inline]] static void Predict(const BitString& bits, u64 at, std::span<BitContexts> tables, std::span<u64> right) {
    const u64 next = bits.Window(at);
    std::array<u64, 1u << kLongest> steps{~u64{0}};  // in which each context comes
    for (unsigned length = 1; length <= kLongest; length++) {
      const u64 oldest = bits.Window(at - length);
      const unsigned half = 1u << (length - 1);
      right[length - 1] = 0;
      for (unsigned context = 0; context < half; context++) {
        steps[context | half] = steps[context] & oldest;
        steps[context] &= ~oldest;
      }
      for (unsigned context = 0; context < 2 * half; context++) {
        right[length - 1] |= PredictContext(steps[context], next, tables[length - 1].more_zeros(context));
      }
    }
  }

 private:
  [[gnu::always_inline]] static u64 PredictContext(u64 steps, u64 next, i32& more_zeros) {
    const int count = std::popcount(steps);
    if (std::abs(more_zeros) <= count) return PredictSlowly(steps, next, more_zeros);
    const u64 right = steps & (more_zeros > 0 ? ~next : next);
    more_zeros += count - 2 * std::popcount(steps & next);
    return right;
  }
  [[gnu::noinline]] static u64 PredictSlowly(u64 steps, u64 next, i32& more_zeros) {
    u64 right = 0;
    for (; steps != 0; steps &= ~(u64{1} << 63 >> std::countl_zero(steps))) {
      const u64 place = u64{1} << 63 >> std::countl_zero(steps);
      const bool one = (next & place) != 0;
      if ((more_zeros <= 0) == one) right |= place;
      more_zeros += one ? -1 : 1;
    }
    return right;
  }
};

// The dictionary of the longest contexts, which may be full before all of them are known: then what is not there stays out.
class LongestBitContexts {
 public:
  Outcome Predict(const BitString& bits, u64 at, unsigned skip, unsigned steps) {
    Outcome out;
    u64 next = bits.Window(at + skip);
    u64 context = bits.Window(at + skip - kMmcDepth) >> (64 - kMmcDepth);
    for (unsigned step = skip; step < steps; step++) {
      const auto bit = static_cast<i32>(next >> 63);
      next <<= 1;
      i32& entry = table_[context & 0xffff];
      const bool known = (entry & 3) != 0;
      out.made = out.made << 1 | static_cast<u64>(known);
      out.right = out.right << 1 | static_cast<u64>(known && (entry < 4) == (bit != 0));
      if (entries_ < kMmcEntries && (entry >> bit & 1) == 0) {
        entries_++;
        entry |= 1 << bit;
      }
      entry += (entry >> bit & 1) * (4 - 8 * bit);
      context = context << 1 | static_cast<u64>(bit);
    }
    out.made <<= 64 - steps;
    out.right <<= 64 - steps;
    return out;
  }

 private:
  // Four times (how many more zeros than ones followed); and 1 when a zero is known to follow, 2 when a one is.
  std::vector<i32> table_ = std::vector<i32>(1u << kMmcDepth);
  u32 entries_ = 0;
};

}  // namespace

Predictions MultiMmc(std::span<const u8> symbols, unsigned depth, u32 most_entries) {
  return Predictor(symbols, depth, most_entries).Run();
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
Predictions MultiMmc(const BitString& bits) {
  // Each table is worked on for many blocks in a row, while it lies in the nearest cache.
  constexpr unsigned kBlocks = 256;
  std::vector<BitContexts> tables;
  for (unsigned length = 1; length < kMmcDepth; length++) tables.emplace_back(length);
  LongestBitContexts longest;
  Scoreboard board(kMmcDepth);
  struct Block {
    std::array<u64, kMmcDepth> right, made;
  };
  std::vector<Block> blocks(kBlocks);
  for (u64 start = 1; start < bits.size(); start += u64{64} * kBlocks) {
    const auto used = static_cast<unsigned>(std::min<u64>(kBlocks, (bits.size() - start + 63) / 64));
    const auto at_of = [&](unsigned b) { return start + u64{64} * b; };
    const auto steps_of = [&](unsigned b) { return static_cast<unsigned>(std::min<u64>(64, bits.size() - at_of(b))); };
    const bool shorts_complete = tables[ShortContexts::kLongest - 1].complete();
    const auto done = [&](unsigned b) { return shorts_complete && steps_of(b) == 64; };  // the short contexts of block b, at once
    for (unsigned b = 0; b < used; b++) {
      blocks[b].made.fill(~u64{0});
      if (done(b)) ShortContexts::Predict(bits, at_of(b), tables, blocks[b].right);
    }
    for (unsigned length = 1; length <= kMmcDepth; length++) {
      for (unsigned b = 0; b < used; b++) {
        const u64 at = at_of(b);
        const unsigned steps = steps_of(b);
        const unsigned skip =
            at < length ? static_cast<unsigned>(std::min<u64>(length - at, steps)) : 0;  // no context that long yet
        if (length <= ShortContexts::kLongest && done(b)) continue;
        if (length < kMmcDepth && tables[length - 1].complete() && steps == 64) {
          blocks[b].right[length - 1] = tables[length - 1].PredictComplete(bits, at);
          continue;
        }
        const Outcome out = skip == steps         ? Outcome{}
                            : length == kMmcDepth ? longest.Predict(bits, at, skip, steps)
                                                  : tables[length - 1].Predict(bits, at, skip, steps);
        blocks[b].right[length - 1] = out.right;
        blocks[b].made[length - 1] = out.made;
      }
    }
    for (unsigned b = 0; b < used; b++) board.Add(blocks[b].right, blocks[b].made, steps_of(b));
  }
  return {.count = bits.size() - 2, .correct = board.correct(), .longest_run = board.longest_run()};
}

}  // namespace caponier::tool::entropy
