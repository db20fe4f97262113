#include "tool/entropy/multi_mmc.h"

#include <algorithm>
#include <array>
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
      if (trie_.Count(node, symbols_[at], HasRoom(length) ? ContextTrie::NewPairs::kAllowed : ContextTrie::NewPairs::kRefused)) {
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
        trie_.Count(child, symbols_[at], ContextTrie::NewPairs::kAllowed);
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

// Bits: a table for each length. An entry is twice the zeros less the ones that followed, and 1 once something did.
struct BitTables {
  std::array<std::vector<i32>, kMmcDepth - 1> differences;
  std::vector<u32> counts = std::vector<u32>(2u << kMmcDepth);  // of the longest: [context][bit]
  u32 entries = 0;                                              // of the longest
  BitTables() {
    for (unsigned i = 0; i < kMmcDepth - 1; i++) differences[i].resize(2u << i);
  }
};
// Only the dictionary of the longest contexts can become full.
static_assert((1u << kMmcDepth) <= kMmcEntries && (2u << kMmcDepth) > kMmcEntries);

struct Outcome {
  u64 right = 0, made = 0;
};

[[gnu::always_inline]] inline Outcome Predict(const BitString& bits, std::vector<i32>& table, unsigned length, u64 at,
                                              unsigned skip, unsigned steps) {
  Outcome out;
  u64 next = bits.Window(at + skip);
  u64 context = bits.Window(at + skip - length) >> (64 - length);
  const u64 mask = (u64{1} << length) - 1;
  i32* const entries = table.data();
  for (unsigned step = skip; step < steps; step++) {
    const u64 bit = next >> 63;
    next <<= 1;
    i32& entry = entries[context & mask];
    const auto known = static_cast<u64>(entry & 1);
    out.made = out.made << 1 | known;
    out.right = out.right << 1 | (known & static_cast<u64>((entry < 2) == (bit != 0)));  // as many ones as zeros predict a one
    entry = (entry | 1) + 2 - 4 * static_cast<i32>(bit);
    context = context << 1 | bit;
  }
  out.made <<= 64 - steps;
  out.right <<= 64 - steps;
  return out;
}

Outcome PredictLongest(const BitString& bits, BitTables& tables, u64 at, unsigned skip, unsigned steps) {
  Outcome out;
  u64 next = bits.Window(at + skip);
  u64 context = bits.Window(at + skip - kMmcDepth) >> (64 - kMmcDepth);
  for (unsigned step = skip; step < steps; step++) {
    const u64 bit = next >> 63;
    next <<= 1;
    u32* const counts = &tables.counts[2 * (context & ((1u << kMmcDepth) - 1))];
    const u64 known = (counts[0] | counts[1]) != 0;
    out.made = out.made << 1 | known;
    out.right = out.right << 1 | (known & static_cast<u64>((counts[0] <= counts[1]) == (bit != 0)));
    if (counts[bit] != 0) {
      counts[bit]++;
    } else if (tables.entries < kMmcEntries) {
      tables.entries++;
      counts[bit] = 1;
    }
    context = context << 1 | bit;
  }
  out.made <<= 64 - steps;
  out.right <<= 64 - steps;
  return out;
}

}  // namespace

Predictions MultiMmc(std::span<const u8> symbols, unsigned depth, u32 most_entries) {
  return Predictor(symbols, depth, most_entries).Run();
}

CAPONIER_FOR_NEWER_PROCESSORS_TOO
Predictions MultiMmc(const BitString& bits) {
  // Each table is worked on for many blocks in a row, while it lies in the nearest cache.
  constexpr unsigned kBlocks = 256;
  BitTables tables;
  Scoreboard board(kMmcDepth);
  struct Block {
    std::array<u64, kMmcDepth> right, made;
  };
  std::vector<Block> blocks(kBlocks);
  for (u64 start = 1; start < bits.size(); start += u64{64} * kBlocks) {
    const auto used = static_cast<unsigned>(std::min<u64>(kBlocks, (bits.size() - start + 63) / 64));
    const auto steps_of = [&](unsigned b) { return static_cast<unsigned>(std::min<u64>(64, bits.size() - start - u64{64} * b)); };
    for (unsigned length = 1; length <= kMmcDepth; length++) {
      for (unsigned b = 0; b < used; b++) {
        const u64 at = start + u64{64} * b;
        const unsigned steps = steps_of(b);
        const unsigned skip =
            at < length ? static_cast<unsigned>(std::min<u64>(length - at, steps)) : 0;  // no context that long yet
        const Outcome out = skip == steps         ? Outcome{}
                            : length == kMmcDepth ? PredictLongest(bits, tables, at, skip, steps)
                                                  : Predict(bits, tables.differences[length - 1], length, at, skip, steps);
        blocks[b].right[length - 1] = out.right;
        blocks[b].made[length - 1] = out.made;
      }
    }
    for (unsigned b = 0; b < used; b++) board.Add(blocks[b].right, blocks[b].made, steps_of(b));
  }
  return {.count = bits.size() - 2, .correct = board.correct(), .longest_run = board.longest_run()};
}

}  // namespace caponier::tool::entropy
