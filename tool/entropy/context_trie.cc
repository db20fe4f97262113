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

ContextTrie::ContextTrie(std::span<const u8> symbols)
    : symbols_(symbols), first_counts_(size_t{1} << 16), second_(size_t{1} << 16, kNone) {
  first_.fill(kNone);
}

ContextTrie::Node ContextTrie::Add(Node parent, u64 at, unsigned length) {
  const auto node = static_cast<Node>(nodes_.size());
  const u8 oldest = symbols_[at - length];
  nodes_.emplace_back();
  if (length == 1) {
    first_[oldest] = node;
  } else if (length == 2) {
    second_[u64{symbols_[at - 1]} << 8 | oldest] = node;
  } else {
    nodes_[parent].has_children = true;
    children_.Insert(parent << 8 | oldest, node);
  }
  return node;
}

ContextTrie::Node ContextTrie::AddGhost(Node parent, u64 at, unsigned length) { return Add(parent, at, length); }

ContextTrie::Node ContextTrie::AddOccurrence(Node parent, u64 at, unsigned length, unsigned deepest) {
  const Node node = Add(parent, at, length);
  Count(node, at, length, NewPairs::kAllowed);
  nodes_[node].tail = length < deepest ? static_cast<u32>(at) : 0;
  nodes_[node].tail_length = static_cast<u8>(deepest);
  return node;
}

ContextTrie::Node ContextTrie::FromTail(Node parent, u64 at, unsigned length) {
  const u64 tail = nodes_[parent].tail;
  if (symbols_[tail - length] != symbols_[at - length]) return kNone;
  nodes_[parent].tail = 0;
  return AddOccurrence(parent, tail, length, nodes_[parent].tail_length);
}

bool ContextTrie::Count(Node node, u64 at, unsigned length, NewPairs new_pairs) {
  NodeData& data = nodes_[node];
  const u8 symbol = symbols_[at];
  u32 count = 1;
  bool added = false;
  if (length == 1) {
    u32& known = first_counts_[u64{symbols_[at - 1]} << 8 | symbol];
    added = known == 0;
    if (added && new_pairs == NewPairs::kRefused) return false;
    count = ++known;
  } else if (data.best == 0 || data.first_symbol == symbol) {
    added = data.best == 0;
    if (added && new_pairs == NewPairs::kRefused) return false;
    data.first_symbol = symbol;
    count = ++data.first_count;
  } else if (u32* known = data.has_pairs ? pairs_.Find(node << 8 | symbol) : nullptr) {
    count = ++*known;
  } else if (new_pairs == NewPairs::kAllowed) {
    pairs_.Insert(node << 8 | symbol, 1);
    data.has_pairs = true;
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
