// The level `record`: where each block was allocated and freed, for the report of its misuse. Off, it costs the functions below one look at
// one word, and malloc and free nothing, since their usual case is not usual to a heap with this level on.
#pragma once

#include "hosted/heap/call_chain.h"
#include "hosted/heap/futex_lock.h"
#include "lib/heap/misuse.h"
#include "lib/heap/platform.h"
#include "lib/heap/records.h"

namespace caponier::hosted {

class Recorder {
 public:
  // From here on, so many calls of each. False when there is no memory for it.
  static bool Start(u32 calls);
  static bool on() { return most_calls_ != 0; }

  // What the program asked for: each does `request`, and records what comes of it.
  template <typename Request>
  [[gnu::always_inline]] static void* Allocate(const Caller& caller, Request request) {
    if (!on()) [[likely]]
      return request();
    Enter(caller, nullptr);
    void* block = request();
    if (block != nullptr) Allocated(caller, block);
    return block;
  }
  template <typename Request>
  [[gnu::always_inline]] static void Free(const Caller& caller, const void* block, Request request) {
    if (on()) [[unlikely]] {
      Enter(caller, block);
      Freed(caller, block);
    }
    request();
  }
  template <typename Request>
  [[gnu::always_inline]] static void* Reallocate(const Caller& caller, const void* block, Request request) {
    if (!on()) [[likely]]
      return request();
    Enter(caller, block);
    Freed(caller, block);
    void* other = request();
    if (other != nullptr) Allocated(caller, other);
    else Lives(block);
    return other;
  }
  template <typename Request>
  [[gnu::always_inline]] static auto Use(const Caller& caller, const void* block, Request request) {
    if (on()) [[unlikely]]
      Enter(caller, block);
    return request();
  }

  // On standard error, behind the line that names the misuse: where it was found, and the records of the block concerned.
  static void Report(const heap::Misuse& misuse);
  static void ReportFault(const heap::Misuse& misuse, const void* pointer, const unwind::Frame& at);

  // Around a fork.
  static void Lock() { lock_.Lock(); }
  static void Unlock() { lock_.Unlock(); }
  static void AfterForkInChild();

 private:
  [[gnu::noinline]] static void Enter(const Caller& caller, const void* block);
  [[gnu::noinline]] static void Allocated(const Caller& caller, const void* block);
  [[gnu::noinline]] static void Freed(const Caller& caller, const void* block);
  [[gnu::noinline]] static void Lives(const void* block);
  static void SayAll(const heap::Misuse& misuse, u64 block, std::span<const u64> calls);

  static inline constinit u32 most_calls_ = 0;
  static inline constinit FutexLock lock_;
  static inline constinit heap::Records records_;
};

}  // namespace caponier::hosted
