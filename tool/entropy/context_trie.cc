#include "tool/entropy/context_trie.h"

namespace caponier::tool::entropy {

void SymbolMap::Insert(u32 key, u32 value) {
  if (used_ * 2 >= slots_.size()) {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    used_ = 0;
    for (const Slot& slot : old) {
      if (slot.key != 0) Insert(slot.key, slot.value);
    }
  }
  u32 at = Home(key);
  while (slots_[at].key != 0) at = (at + 1) & mask();
  slots_[at] = {key, value};
  used_++;
}

ContextTrie::ContextTrie(std::span<const u8> symbols) : symbols_(symbols) { first_.fill(kNone); }

ContextTrie::Node ContextTrie::Add(Node parent, u8 symbol) {
  const auto node = static_cast<Node>(nodes_.size());
  nodes_.emplace_back();
  if (parent == kRoot) {
    first_[symbol] = node;
  } else {
    children_.Insert(parent << 8 | symbol, node);
  }
  return node;
}

ContextTrie::Node ContextTrie::AddGhost(Node parent, u64 at, unsigned length) { return Add(parent, symbols_[at - length]); }

ContextTrie::Node ContextTrie::AddOccurrence(Node parent, u64 at, unsigned length, unsigned deepest) {
  const Node node = Add(parent, symbols_[at - length]);
  const u8 next = symbols_[at];
  nodes_[node] = {.best = 1,
                  .first_count = 1,
                  .tail = length < deepest ? static_cast<u32>(at) : 0,
                  .prediction = next,
                  .first_symbol = next,
                  .tail_length = static_cast<u8>(deepest)};
  return node;
}

ContextTrie::Node ContextTrie::FromTail(Node parent, u8 symbol, unsigned length) {
  const u64 at = nodes_[parent].tail;
  if (symbols_[at - length] != symbol) return kNone;
  nodes_[parent].tail = 0;
  return AddOccurrence(parent, at, length, nodes_[parent].tail_length);
}

bool ContextTrie::Count(Node node, u8 symbol, NewPairs new_pairs) {
  NodeData& data = nodes_[node];
  u32 count = 1;
  bool added = false;
  if (data.first_count == 0 || data.first_symbol == symbol) {
    added = data.first_count == 0;
    if (added && new_pairs == NewPairs::kRefused) return false;
    data.first_symbol = symbol;
    count = ++data.first_count;
  } else if (u32* known = pairs_.Find(node << 8 | symbol)) {
    count = ++*known;
  } else if (new_pairs == NewPairs::kAllowed) {
    pairs_.Insert(node << 8 | symbol, 1);
    added = true;
  } else {
    return false;
  }
  if (count > data.best || (count == data.best && symbol > data.prediction)) {
    data.best = count;
    data.prediction = symbol;
  }
  return added;
}

}  // namespace caponier::tool::entropy
