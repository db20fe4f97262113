// What the heap stands on: address space and memory from below, randomness, a lock, and an end for the process or machine whose program
// broke the rules. Linux's is hosted/heap/linux_platform.h; tests have one in lib/heap/testing.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/heap/misuse.h"
#include "lib/heap/tags.h"

namespace caponier::heap {

// What memory is for: blocks can carry tags, and only they; kHugeBlocks will all be used, and may come in larger pages.
enum class MemoryUse : u8 { kBlocks, kHugeBlocks, kMetadata };

template <typename T>
concept LockType = requires(T lock) {
  lock.Lock();
  lock.Unlock();
};

enum class Contents : u8 { kKept, kOfNoUse };

template <typename P>
concept Platform = requires(u64 address, u64 bytes, MemoryUse use, Tag tag, MutableBytes random, const Misuse& misuse) {
  requires TagStore<typename P::Tags>;
  requires LockType<typename P::Lock>;
  // Address space at a random place, at a multiple of `bytes` or of kReserveAlignment, whichever is smaller, with nothing behind it.
  { P::Reserve(bytes) } -> std::same_as<Result<u64>>;
  // Zeros, readable and writable, behind whole pages of a reservation.
  { P::Commit(address, bytes, use) } -> std::same_as<Result<>>;
  // Nothing is behind these pages any more, and every access faults.
  { P::Release(address, bytes) };
  // Of committed pages, all of which will be used soon: memory comes behind them at once where the system can, for less than one by one.
  { P::Populate(address, bytes) };
  // Of committed pages: they are zeros again, without memory behind them.
  { P::Discard(address, bytes) };
  // Of pages of which none is committed: what the system keeps for them may go, and nobody looks at them until they are in use again.
  { P::Forget(address, bytes) };
  // Addresses of blocks that come into use for the first time, or after Forget. Those of metadata do when they are committed.
  { P::Use(address, bytes) };
  // About how many of these bytes, which are committed, have memory behind them by now.
  { P::InMemory(address, bytes) } -> std::same_as<u64>;
  // What stands behind the pages at `address` stands at the third argument instead, readable and writable, and
  // nothing where it was. kNotSupported: copy; nothing is behind the pages at the third argument, and those at `address` are as they were,
  // or with Contents::kOfNoUse zeros in part. kExists: the same, but some of the third argument's pages are somebody else's now, so
  // that the run they are of must never be used again.
  { P::Move(address, bytes, address, Contents{}) } -> std::same_as<Result<>>;
  // Whether those of the pages from `address` on, which are committed, that have no memory behind them yet will have this tag everywhere when they
  // are first touched; if not, nothing was done. TagsWhenTouched: whether that is ever so.
  { P::TagWhenTouched(address, bytes, tag) } -> std::same_as<bool>;
  { P::TagsWhenTouched() } -> std::same_as<bool>;
  { P::Fill(random) };
  // Whether the processor has vectors of 32 bytes, and whoever runs here may use them.
  { P::HasWideVectors() } -> std::same_as<bool>;
  // Null, and what a caller expects to find besides (errno).
  { P::NoMemory() } -> std::same_as<void*>;
  { P::Stop(misuse) };  // does not return
};

inline constexpr u64 kReserveAlignment = 2 * kMiB;

// Holds a lock while it lives.
template <LockType L>
class Locked {
 public:
  explicit Locked(L& lock) : lock_(lock) { lock_.Lock(); }
  ~Locked() { lock_.Unlock(); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  L& lock_;
};

}  // namespace caponier::heap
