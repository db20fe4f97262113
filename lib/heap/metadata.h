// The heap's own memory: out of reach of any block's overflow, in a reservation of its own. Dealt out from the front; what is given back is
// used again for the same size.
#pragma once

#include "lib/heap/platform.h"
#include "lib/heap/size_class.h"

namespace caponier::heap {

template <Platform P>
class Metadata {
 public:
  Result<> Open(u64 bytes) {
    Result<u64> base = P::Reserve(bytes);
    for (; !base.ok() && bytes > kStep; base = P::Reserve(bytes)) bytes /= 2;
    next_ = ready_ = TRY(base);
    end_ = next_ + bytes;
    return {};
  }

  // Zeros, aligned to 64 bytes. At most kMaxSlotBytes.
  Result<void*> Take(u64 bytes) {
    const u32 size_class = ClassFor(bytes);
    bytes = AlignUp(bytes, kLine);
    const Locked locked(lock_);
    // A class's pieces are of few sizes: slabs', of those of one or two classes and lengths.
    for (Free** at = &free_[size_class]; *at != nullptr; at = &(*at)->next) {
      Free* free = *at;
      if (free->bytes != bytes) continue;
      *at = free->next;
      __builtin_memset(static_cast<void*>(free), 0, bytes);
      return static_cast<void*>(free);
    }
    if (ready_ - next_ < bytes) {
      const u64 more = AlignUp(bytes, kStep);
      if (end_ - ready_ < more) return Error::kNoMemory;
      TRY(P::Commit(ready_, more, MemoryUse::kMetadata));
      ready_ += more;
    }
    const u64 taken = next_;
    next_ += bytes;
    return reinterpret_cast<void*>(taken);
  }
  // `bytes` as it was taken.
  void Give(void* memory, u64 bytes) {
    const u32 size_class = ClassFor(bytes);
    const Locked locked(lock_);
    auto* free = static_cast<Free*>(memory);
    free->bytes = AlignUp(bytes, kLine);
    free->next = free_[size_class];
    free_[size_class] = free;
  }

  P::Lock& lock() { return lock_; }

 private:
  static constexpr u64 kStep = 256 * kKiB;
  static constexpr u64 kLine = 64;
  struct Free {
    Free* next;
    u64 bytes;
  };

  u64 next_ = 0, ready_ = 0, end_ = 0;  // dealt out below, committed below, reserved below
  typename P::Lock lock_;
  Free* free_[kClassCount] = {};
};

}  // namespace caponier::heap
