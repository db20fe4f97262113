// Futexes, futex(2): sleeping on a word of program memory. A word is known by its address where it is private to the process, and
// by its frame and offset where mappings may share it; the kernel keeps nothing about a word on which nobody waits.
#pragma once

#include "kernel/sched/thread.h"
#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::sched {

enum class FutexScope : u8 { kPrivate, kShared };

struct FutexWord {
  u64 address = 0;
  FutexScope scope = FutexScope::kPrivate;
};

// kWouldBlock when the word does not hold `expected`.
Result<void> WaitFutex(FutexWord word, u32 expected, u32 bits, u64 deadline_ns);
Result<u32> WakeFutex(FutexWord word, u32 count, u32 bits);
// Wakes up to `wake` waiters of `from` and makes up to `move` others wait on `to`. With `expected`, kWouldBlock unless it holds.
Result<u32> RequeueFutex(FutexWord from, FutexWord to, u32 wake, u32 move, const u32* expected, u32* moved);
// FUTEX_WAKE_OP: changes `second` as `operation` says and wakes on both words.
Result<u32> WakeFutexOperation(FutexWord first, FutexWord second, u32 wake_first, u32 wake_second, u32 operation);

// Locks that hold their owner's thread id. On one CPU, where threads share one priority, handing the lock over is all that
// priority inheritance comes to.
enum class LockMode : u8 { kWait, kTry };
Result<void> LockFutex(FutexWord word, u64 deadline_ns, LockMode mode);
Result<void> UnlockFutex(FutexWord word);

// Wakes one waiter: the kernel changed the word as a thread ended.
void WakeFutexOfEndedThread(u64 address);

}  // namespace caponier::sched
