#include "kernel/fs/memory_tree.h"

namespace caponier::fs {
namespace {

constexpr u32 kGone = ~0u;

// FNV-1a. Names are the program's own: one that collides them slows only itself.
u32 HashName(std::string_view name) {
  u32 hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash ^ (hash >> 15);
}

}  // namespace

size_t MemoryDirectory::Find(std::string_view name) const {
  if (index_.empty()) {
    for (size_t i = 0; i < slots_.size(); i++) {
      if (slots_[i].inode && slots_[i].name.view() == name) return i;
    }
    return slots_.size();
  }
  const size_t mask = index_.size() - 1;
  for (size_t at = HashName(name) & mask; index_[at] != 0; at = (at + 1) & mask) {
    if (index_[at] == kGone) continue;
    const size_t slot = index_[at] - 1;
    if (slots_[slot].name.view() == name) return slot;
  }
  return slots_.size();
}

// Squeezes removed slots out; cookies and order stay.
void MemoryDirectory::Compact() {
  size_t kept = 0;
  for (size_t i = 0; i < slots_.size(); i++) {
    if (!slots_[i].inode) continue;
    if (kept != i) slots_[kept] = std::move(slots_[i]);
    kept++;
  }
  slots_.Erase(kept, slots_.size() - kept);
}

// A new index of `capacity` places, a power of two over twice the live entries.
Result<void> MemoryDirectory::Rebuild(size_t capacity) {
  Vector<u32> fresh;
  TRY(fresh.Resize(capacity));
  Compact();
  for (size_t i = 0; i < slots_.size(); i++) {
    size_t at = HashName(slots_[i].name) & (capacity - 1);
    while (fresh[at] != 0) at = (at + 1) & (capacity - 1);
    fresh[at] = static_cast<u32>(i + 1);
  }
  index_ = std::move(fresh);
  gone_in_index_ = 0;
  return {};
}

Result<Directory::Found> MemoryDirectory::Lookup(std::string_view name) {
  const size_t slot = Find(name);
  if (slot == slots_.size()) return Error::kNotFound;
  return Found{slots_[slot].inode, slots_[slot].cookie};
}

Result<void> MemoryDirectory::List(u64 from, EntryVisitor& visitor) {
  size_t low = 0, high = slots_.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (slots_[middle].cookie < from) low = middle + 1;
    else high = middle;
  }
  for (; low < slots_.size(); low++) {
    const Slot& slot = slots_[low];
    if (slot.inode && !visitor.Visit(slot.name, slot.inode->number(), slot.inode->type(), slot.cookie)) break;
  }
  return {};
}

Result<u64> MemoryDirectory::Insert(std::string_view name, Ref<Inode> inode) {
  if (removed) return Error::kNotFound;
  if (Find(name) != slots_.size()) return Error::kExists;
  if (index_.empty() ? slots_.size() >= kScanned : (slots_.size() + gone_in_index_ + 1) * 2 > index_.size()) {
    size_t capacity = 32;
    while (capacity < (live_ + 1) * 4) capacity *= 2;
    TRY(Rebuild(capacity));
  }
  Slot slot{TRY(String::From(name)), std::move(inode), next_cookie_};
  TRY(slots_.Append(std::move(slot)));
  if (!index_.empty()) {
    const size_t mask = index_.size() - 1;
    size_t at = HashName(name) & mask;
    while (index_[at] != 0) at = (at + 1) & mask;
    index_[at] = static_cast<u32>(slots_.size());
  }
  live_++;
  return next_cookie_++;
}

Result<void> MemoryDirectory::Remove(std::string_view name) {
  const size_t slot = Find(name);
  if (slot == slots_.size()) return Error::kNotFound;
  if (!index_.empty()) {
    const size_t mask = index_.size() - 1;
    size_t at = HashName(name) & mask;
    while (index_[at] != slot + 1) at = (at + 1) & mask;
    index_[at] = kGone;
    gone_in_index_++;
  }
  slots_[slot].inode = nullptr;
  slots_[slot].name = String();
  live_--;
  if (index_.empty()) Compact();
  return {};
}

Result<u64> MemoryDirectory::Replace(std::string_view name, Ref<Inode> inode) {
  const size_t slot = Find(name);
  if (slot == slots_.size()) return Error::kNotFound;
  slots_[slot].inode = std::move(inode);
  return slots_[slot].cookie;
}

Result<Ref<SymbolicLink>> SymbolicLink::Create(FileSystem& file_system, std::string_view text) {
  return MakeRef<SymbolicLink>(file_system, TRY(String::From(text)));
}

}  // namespace caponier::fs
