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
    bytes = AlignUp(bytes, kLine);
    const Locked locked(lock_);
    Free** const at = Find(bytes);
    if (Free* free = *at; free != nullptr) {
      *at = free->same != nullptr ? free->same : free->other;
      if (free->same != nullptr) free->same->other = free->other;
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
    bytes = AlignUp(bytes, kLine);
    const Locked locked(lock_);
    Free** const at = Find(bytes);
    auto* free = static_cast<Free*>(memory);
    *free = {.bytes = bytes, .same = *at, .other = *at == nullptr ? nullptr : (*at)->other};
    *at = free;
  }

  P::Lock& lock() { return lock_; }

 private:
  static constexpr u64 kStep = 256 * kKiB;
  static constexpr u64 kLine = 64;
  struct Free {
    u64 bytes;
    Free *same, *other;  // the next of this size; of the first one, the first of another size
  };
  // The first piece of a size, or where it is to be.
  Free** Find(u64 bytes) {
    Free** at = &free_[ClassFor(bytes)];
    while (*at != nullptr && (*at)->bytes != bytes) at = &(*at)->other;
    return at;
  }

  u64 next_ = 0, ready_ = 0, end_ = 0;  // dealt out below, committed below, reserved below
  typename P::Lock lock_;
  Free* free_[kClassCount] = {};  // a class's pieces are of few sizes: slabs', of those of one or two classes and lengths
};

}  // namespace caponier::heap
