// A lock of four bytes that sleeps in the kernel when it must. It knows no owner, so that the child of a fork may open what its parent
// closed. A thread that forks closes all locks of the heap before it; handlers of the program's may still run then, and allocate, so to that
// thread they are as if they were open.
#pragma once

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "lib/base/types.h"

namespace caponier::hosted {

// Programs find errno as it was: free may not change it.
class KeptErrno {
 public:
  KeptErrno() = default;
  ~KeptErrno() { errno = value_; }
  KeptErrno(const KeptErrno&) = delete;
  KeptErrno& operator=(const KeptErrno&) = delete;

 private:
  int value_ = errno;
};

class FutexLock {
 public:
  void Lock() {
    u32 free = kFree;
    if (!state_.compare_exchange_strong(free, kHeld, std::memory_order_acquire)) [[unlikely]]
      LockSlowly();
  }
  void Unlock() {
    if (IsForking()) [[unlikely]]
      return;
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) [[unlikely]]
      Call(kWakePrivate, 1);
  }

  // All locks are closed by the calling thread.
  static void ForkBegins() { forking_.store(&t_here_, std::memory_order_relaxed); }
  static void ForkEnds() { forking_.store(nullptr, std::memory_order_relaxed); }

 private:
  static constexpr u32 kFree = 0, kHeld = 1, kAwaited = 2;
  static constexpr int kWaitPrivate = 128, kWakePrivate = 129;  // of <linux/futex.h>, which musl's headers leave out

  static bool IsForking() {
    const char* thread = forking_.load(std::memory_order_relaxed);
    return thread != nullptr && thread == &t_here_;
  }

  [[gnu::noinline]] void LockSlowly() {
    if (IsForking()) return;
    // Whoever holds it is rarely long about it.
    for (int i = 0; i < 100; i++) {
      u32 free = kFree;
      if (state_.load(std::memory_order_relaxed) == kFree &&
          state_.compare_exchange_strong(free, kHeld, std::memory_order_acquire))
        return;
    }
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) Call(kWaitPrivate, kAwaited);
  }
  [[gnu::noinline]] void Call(int operation, u32 value) {
    const KeptErrno kept;
    syscall(SYS_futex, &state_, operation, value, nullptr, nullptr, 0);
  }

  static inline constinit thread_local char t_here_ = 0;
  static inline constinit std::atomic<const char*> forking_ = nullptr;
  std::atomic<u32> state_ = kFree;
};

}  // namespace caponier::hosted
