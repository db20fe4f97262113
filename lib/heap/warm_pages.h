// Pages of large blocks that were freed a moment ago. Their old addresses fault: the frames moved to a run of their own at once. The next large
// block takes that run as it stands where it can, or has the frames moved to its own, either of which costs less than fresh ones: a page
// fault apiece.
#pragma once

#include "lib/heap/arena.h"
#include "lib/heap/memory.h"

namespace caponier::heap {

template <Platform P>
struct Ground;

// A run with pages behind its first `bytes`.
struct WarmRun {
  u64 bytes;
  u32 unit, order;
  u64 capacity() const { return RunCapacity(order); }
};

template <Platform P>
class WarmPages {
 public:
  // Takes over a freed block's pages, of which `warm` bytes at least are in memory, and its run. False, and nothing done, when there are
  // enough, less than half of them are in memory, or the platform cannot.
  bool Keep(Ground<P>& ground, u64 pages_at, u64 bytes, u64 warm, u32 unit, u32 order, u8 random) {
    if (!HasRoomFor(ground, bytes)) return false;
    if (2 * warm < bytes && 2 * P::InMemory(pages_at, bytes) < bytes) return false;
    if (!MoveAndPut(ground, pages_at, bytes, order, random)) return false;
    ground.arena.GiveRun(unit, order);
    return true;
  }

  // A run that has room for `bytes`, for which one of `order` is large enough. Its first pages, as far as it says but no further than `bytes`, hold
  // what other blocks left there, and their tags.
  Result<WarmRun> Take(Ground<P>& ground, u64 bytes, u32 order, u8 random) {
    WarmRun run;
    if (!PopFor(bytes, &run)) run = {.bytes = 0, .unit = TRY(ground.TakeRun(order, random)), .order = order};
    const u64 at = ground.arena.AddressOf(run.unit);
    if (run.bytes > bytes) {
      const u64 rest = run.bytes - bytes;
      if (rest < kWorthMoving || !HasRoomFor(ground, rest) || !MoveAndPut(ground, at + bytes, rest, RunOrder(rest), random))
        P::Release(at + bytes, rest);
      run.bytes = bytes;
    }
    for (WarmRun other; run.bytes < bytes && bytes - run.bytes >= kWorthMoving && PopFor(1, &other);) {
      const u64 part = other.bytes < bytes - run.bytes ? other.bytes : bytes - run.bytes, left = other.bytes - part;
      const Result<> moved = P::Move(ground.arena.AddressOf(other.unit) + left, part, at + run.bytes, Contents::kOfNoUse);
      if (moved.ok()) {
        run.bytes += part;
        other.bytes = left;
      }
      if (other.bytes == 0 || !Put(ground, other)) {
        if (other.bytes != 0) P::Release(ground.arena.AddressOf(other.unit), other.bytes);
        ground.arena.GiveRun(other.unit, other.order);
      }
      if (moved.ok()) continue;
      if (moved.error() != Error::kExists) break;
      if (run.bytes != 0) P::Release(at, run.bytes);
      return Error::kNoMemory;
    }
    return run;
  }

  u64 bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // At most so many bytes go back to the system; how many did.
  u64 Release(Ground<P>& ground, u64 most) {
    u64 released = 0;
    for (WarmRun run; released < most && PopFor(1, &run);) {
      const u64 part = run.bytes < most - released ? run.bytes : most - released;
      run.bytes -= part;
      P::Release(ground.arena.AddressOf(run.unit) + run.bytes, part);
      released += part;
      if (run.bytes == 0 || !Put(ground, run)) {
        if (run.bytes != 0) P::Release(ground.arena.AddressOf(run.unit), run.bytes);
        ground.arena.GiveRun(run.unit, run.order);
      }
    }
    return released;
  }

  P::Lock& lock() { return lock_; }

 private:
  static constexpr u32 kMaxCount = 32;
  static constexpr u64 kAlwaysBytes = 32 * kMiB;
  static constexpr u64 kShare = 4;                 // of what large blocks have, where that is more
  static constexpr u64 kWorthMoving = 256 * kKiB;  // fewer fresh pages cost less

  bool HasRoomFor(const Ground<P>& ground, u64 bytes) {
    const Locked locked(lock_);
    return HasRoomFor(ground, bytes, locked);
  }
  bool HasRoomFor(const Ground<P>& ground, u64 bytes, const Locked<typename P::Lock>&) const {
    const u64 share = ground.large_bytes.load(std::memory_order_relaxed) / kShare;
    return count_ < kMaxCount && bytes_ + bytes <= (share < kAlwaysBytes ? kAlwaysBytes : share);
  }
  bool Put(const Ground<P>& ground, const WarmRun& run) {
    const Locked locked(lock_);
    if (!HasRoomFor(ground, run.bytes, locked)) return false;
    kept_[count_++] = run;
    bytes_ += run.bytes;
    return true;
  }
  // Moves pages to a run of their own. False, and they are where they were, when that cannot be.
  bool MoveAndPut(Ground<P>& ground, u64 pages_at, u64 bytes, u32 order, u8 random) {
    const Result<u32> unit = ground.arena.TakeRun(order, random);
    if (!unit.ok()) return false;
    const u64 to = ground.arena.AddressOf(unit.value());
    const Result<> moved = P::Move(pages_at, bytes, to, Contents::kOfNoUse);
    if (moved.ok() && Put(ground, {.bytes = bytes, .unit = unit.value(), .order = order})) return true;
    if (moved.ok()) P::Release(to, bytes);  // others were faster
    if (moved.ok() || moved.error() != Error::kExists) ground.arena.GiveRun(unit.value(), order);
    return moved.ok();
  }
  // The smallest that has `bytes`, or else the largest whose run has room for them.
  bool PopFor(u64 bytes, WarmRun* run) {
    const Locked locked(lock_);
    WarmRun* best = nullptr;
    for (u32 i = 0; i < count_; i++) {
      WarmRun& kept = kept_[i];
      if (kept.capacity() < bytes) continue;
      const bool enough = kept.bytes >= bytes, best_enough = best != nullptr && best->bytes >= bytes;
      if (best == nullptr || (enough ? !best_enough || kept.bytes < best->bytes : !best_enough && kept.bytes > best->bytes))
        best = &kept;
    }
    if (best == nullptr) return false;
    *run = *best;
    *best = kept_[--count_];
    bytes_ -= run->bytes;
    return true;
  }

  typename P::Lock lock_;
  WarmRun kept_[kMaxCount] = {};
  u32 count_ = 0;
  std::atomic<u64> bytes_ = 0;  // changed under the lock
};

}  // namespace caponier::heap
