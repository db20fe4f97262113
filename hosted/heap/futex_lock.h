// A lock of four bytes that sleeps in the kernel when it must. It knows no owner, so that the child of a fork may open what its parent
// closed.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "lib/base/types.h"

namespace caponier::hosted {

class FutexLock {
 public:
  void Lock() {
    u32 free = kFree;
    if (!state_.compare_exchange_strong(free, kHeld, std::memory_order_acquire)) [[unlikely]]
      LockSlowly();
  }
  void Unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) [[unlikely]]
      Call(kWakePrivate, 1);
  }

 private:
  static constexpr u32 kFree = 0, kHeld = 1, kAwaited = 2;
  static constexpr int kWaitPrivate = 128, kWakePrivate = 129;  // of <linux/futex.h>, which musl's headers leave out

  [[gnu::noinline]] void LockSlowly() {
    // Whoever holds it is rarely long about it.
    for (int i = 0; i < 100; i++) {
      u32 free = kFree;
      if (state_.load(std::memory_order_relaxed) == kFree &&
          state_.compare_exchange_strong(free, kHeld, std::memory_order_acquire))
        return;
    }
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) Call(kWaitPrivate, kAwaited);
  }
  void Call(int operation, u32 value) { syscall(SYS_futex, &state_, operation, value, nullptr, nullptr, 0); }

  std::atomic<u32> state_ = kFree;
};

}  // namespace caponier::hosted
