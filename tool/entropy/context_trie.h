// Counts of what followed on each string of up to `depth` symbols: the dictionary of the MultiMMC and LZ78Y predictors.
//
// A node stands for a context: its parent is the context without its oldest symbol. Random data has contexts by the million that came once, so
// the deeper contexts of an occurrence are not made before they come again: a node remembers one such occurrence, its tail.
// A node whose context is not in the dictionary, but only on the way to one that is, has no counts (a ghost).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "lib/base/types.h"

namespace caponier::tool::entropy {

// (node, symbol) -> number, by open addressing. Key 0 is not used.
class SymbolMap {
 public:
  SymbolMap() : slots_(1u << 12) {}
  u32* Find(u32 key) {
    for (u32 at = Home(key);; at = (at + 1) & mask()) {
      if (slots_[at].key == key) return &slots_[at].value;
      if (slots_[at].key == 0) return nullptr;
    }
  }
  void Insert(u32 key, u32 value);  // of a key that is not there

 private:
  struct Slot {
    u32 key = 0, value = 0;
  };
  u32 mask() const { return static_cast<u32>(slots_.size() - 1); }
  u32 Home(u32 key) const { return static_cast<u32>(key * 0x9e3779b97f4a7c15ull >> 32) & mask(); }

  std::vector<Slot> slots_;
  u32 used_ = 0;
};

class ContextTrie {
 public:
  using Node = u32;
  static constexpr Node kRoot = 0, kNone = ~Node{0};
  enum class NewPairs { kAllowed, kRefused };

  explicit ContextTrie(std::span<const u8> symbols);

  // The context of `length` symbols before `at`, given the node of the one without its oldest symbol.
  Node Child(Node parent, u64 at, unsigned length) {
    const u8 symbol = symbols_[at - length];
    if (parent == kRoot) return first_[symbol];
    if (length == 2) {
      const Node child = second_[u64{symbols_[at - 1]} << 8 | symbol];
      if (child != kNone) return child;
    } else if (nodes_[parent].has_children) {
      if (const u32* child = children_.Find(parent << 8 | symbol)) return *child;
    }
    return nodes_[parent].tail == 0 ? kNone : FromTail(parent, at, length);
  }
  // Makes that node: a ghost, or one for the occurrence before `at`, whose longer contexts up to `deepest` symbols belong to it too.
  Node AddGhost(Node parent, u64 at, unsigned length);
  Node AddOccurrence(Node parent, u64 at, unsigned length, unsigned deepest);

  bool IsGhost(Node node) const { return nodes_[node].best == 0; }
  u32 best_count(Node node) const { return nodes_[node].best; }
  u8 prediction(Node node) const { return nodes_[node].prediction; }  // of the most frequent ones the greatest
  // The context of `length` symbols was followed by the symbol at `at`. Whether by that for the first time, and it was remembered.
  bool Count(Node node, u64 at, unsigned length, NewPairs new_pairs);

 private:
  struct NodeData {
    u32 best = 0;         // the count of `prediction`
    u32 first_count = 0;  // of `first_symbol`; other symbols' counts are in pairs_
    u32 tail = 0;         // the occurrence before this place is the only one of its longer contexts, up to tail_length; 0: none
    u8 prediction = 0, first_symbol = 0, tail_length = 0;
    bool has_children : 1 = false, has_pairs : 1 = false;  // in the maps
  };
  Node Add(Node parent, u64 at, unsigned length);
  Node FromTail(Node parent, u64 at, unsigned length);

  std::span<const u8> symbols_;
  std::vector<NodeData> nodes_{NodeData{}};
  // What is most often asked for needs no search: contexts of one symbol and their counts, [context][symbol], and contexts of two symbols.
  std::array<Node, 256> first_;
  std::vector<u32> first_counts_;
  std::vector<Node> second_;
  SymbolMap children_, pairs_;
};

}  // namespace caponier::tool::entropy
