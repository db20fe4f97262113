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
    kept_[count_++] = {pages_at, bytes, unit, order, false};
    bytes_ += bytes;
    return true;
  }

  // Puts zeroed pages behind as many of the `bytes` at `pages_at` as there are, from the front, and says how many.
  u64 Take(Ground<P>& ground, u64 pages_at, u64 bytes) {
    u64 done = 0;
    Kept part;
    while (done < bytes && TakePart(bytes - done, &part)) {
      const bool moved = P::Move(part.pages_at, part.bytes, pages_at + done).ok();
      if (!moved) P::Release(part.pages_at, part.bytes);
      if (part.last) ground.arena.GiveRun(part.unit, part.order);
      if (!moved) break;
      __builtin_memset(reinterpret_cast<void*>(pages_at + done), 0, part.bytes);
      done += part.bytes;
    }
    return done;
  }

  P::Lock& lock() { return lock_; }

 private:
  static constexpr u32 kMaxCount = 32;
  static constexpr u64 kMaxBytes = 32 * kMiB;
  struct Kept {
    u64 pages_at, bytes;
    u32 unit, order;
    bool last;  // nothing else of the run is kept
  };

  // Up to `bytes` of what was kept last; from its end, so that what is left is a front.
  bool TakePart(u64 bytes, Kept* part) {
    const Locked locked(lock_);
    if (count_ == 0) return false;
    Kept& kept = kept_[count_ - 1];
    *part = kept;
    part->last = kept.bytes <= bytes;
    if (part->last) {
      count_--;
    } else {
      part->bytes = bytes;
      part->pages_at = kept.pages_at + kept.bytes - bytes;
      kept.bytes -= bytes;
    }
    bytes_ -= part->bytes;
    return true;
  }
  typename P::Lock lock_;
  Kept kept_[kMaxCount] = {};
  u32 count_ = 0;
  u64 bytes_ = 0;
};

}  // namespace caponier::heap
