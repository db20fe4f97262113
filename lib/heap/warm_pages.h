// Pages of large blocks that were freed a moment ago. Their old addresses fault; the next large block takes the frames to its own, which
// costs less than fresh ones: a page fault apiece.
#pragma once

#include "lib/heap/ground.h"

namespace caponier::heap {

template <Platform P>
class WarmPages {
 public:
  // Keeps the pages of a freed block and its run. False when there are enough, or the platform cannot.
  bool Keep(u64 pages_at, u64 bytes, u32 unit, u32 order) {
    if (bytes > kMaxBytes) return false;
    const Locked locked(lock_);
    if (count_ == kMaxCount || bytes_ + bytes > kMaxBytes || !P::Hide(pages_at, bytes).ok()) return false;
    kept_[count_++] = {pages_at, bytes, unit, order};
    bytes_ += bytes;
    return true;
  }

  // Puts zeroed pages behind `pages_at` if some are kept that are as many, or a few more.
  bool Take(Ground<P>& ground, u64 pages_at, u64 bytes) {
    Kept kept;
    {
      const Locked locked(lock_);
      u32 i = count_;
      while (i != 0 && (kept_[i - 1].bytes < bytes || kept_[i - 1].bytes > bytes + bytes / 4)) i--;
      if (i == 0) return false;
      kept = kept_[i - 1];
      kept_[i - 1] = kept_[--count_];
      bytes_ -= kept.bytes;
    }
    const bool moved = P::Move(kept.pages_at, bytes, pages_at).ok();
    P::Release(kept.pages_at + (moved ? bytes : 0), kept.bytes - (moved ? bytes : 0));
    ground.arena.GiveRun(kept.unit, kept.order);
    if (moved) __builtin_memset(reinterpret_cast<void*>(pages_at), 0, bytes);
    return moved;
  }

  P::Lock& lock() { return lock_; }

 private:
  static constexpr u32 kMaxCount = 16;
  static constexpr u64 kMaxBytes = 16 * kMiB;
  struct Kept {
    u64 pages_at, bytes;
    u32 unit, order;
  };
  typename P::Lock lock_;
  Kept kept_[kMaxCount] = {};
  u32 count_ = 0;
  u64 bytes_ = 0;
};

}  // namespace caponier::heap
