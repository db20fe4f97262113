#include "kernel/fs/record_locks.h"

#include <algorithm>

namespace caponier::fs {
namespace {

bool Overlaps(const RecordLocks::Lock& lock, u64 first, u64 last) { return lock.first <= last && first <= lock.last; }

// Whether the two, of one owner, are one lock.
bool Joins(const RecordLocks::Lock& a, const RecordLocks::Lock& b) {
  return a.kind == b.kind && a.first <= b.last + 1 && b.first <= a.last + 1;
}

}  // namespace

const RecordLocks::Lock* RecordLocks::Against(const Lock& wanted) const {
  for (const Lock& lock : locks_) {
    if (lock.owner != wanted.owner && Overlaps(lock, wanted.first, wanted.last) &&
        (lock.kind == Kind::kWrite || wanted.kind == Kind::kWrite)) {
      return &lock;
    }
  }
  return nullptr;
}

const RecordLocks::Lock* RecordLocks::Held(Owner owner, u64 first, u64 last) const {
  for (const Lock& lock : locks_) {
    if (lock.owner == owner && Overlaps(lock, first, last)) return &lock;
  }
  return nullptr;
}

Result<void> RecordLocks::Set(const Lock& wanted) {
  Lock joined = wanted;
  for (const Lock& lock : locks_) {
    if (lock.owner != wanted.owner || !Joins(lock, wanted)) continue;
    joined.first = std::min(joined.first, lock.first);
    joined.last = std::max(joined.last, lock.last);
  }
  return Rebuild(wanted.owner, joined.first, joined.last, &joined);
}

Result<void> RecordLocks::Release(Owner owner, u64 first, u64 last) { return Rebuild(owner, first, last, nullptr); }

// The list without what the owner has in the range, and with `added` there. All or nothing.
Result<void> RecordLocks::Rebuild(Owner owner, u64 first, u64 last, const Lock* added) {
  Vector<Lock> fresh;
  TRY(fresh.Reserve(locks_.size() + 2));
  bool group_seen = false;
  const auto add = [&] {
    if (added != nullptr) (void)fresh.Append(*added);
    added = nullptr;
  };
  for (const Lock& lock : locks_) {
    if (lock.owner != owner) {
      if (group_seen) add();
      (void)fresh.Append(lock);
      continue;
    }
    group_seen = true;
    if (lock.first > last) add();
    if (!Overlaps(lock, first, last)) {
      (void)fresh.Append(lock);
      continue;
    }
    if (lock.first < first) (void)fresh.Append({owner, lock.first, first - 1, lock.kind});
    if (lock.last > last) {
      add();
      (void)fresh.Append({owner, last + 1, lock.last, lock.kind});
    }
  }
  add();
  locks_ = std::move(fresh);
  return {};
}

void RecordLocks::ReleaseAll(Owner owner) {
  for (size_t i = locks_.size(); i-- > 0;) {
    if (locks_[i].owner == owner) locks_.Erase(i);
  }
}

}  // namespace caponier::fs
