// Who called: the return addresses on a thread's stack, by the modules' own tables on x86-64, where programs keep no frame pointers, and by
// frame records on AArch64, where they do. Nothing is allocated, and only the thread's stack is read.
#pragma once

#include <atomic>
#include <span>

#include "lib/unwind/walk.h"

namespace caponier::hosted {

// The program at its call into this library, as the function that it called sees it.
struct Caller {
  u64 return_address, stack_pointer, frame_pointer;

  // Of the function that this is written in, which must not be inlined into another.
  [[gnu::always_inline]] static Caller OfThisFunction() {
    const auto* frame = static_cast<const u64*>(__builtin_frame_address(0));
    return {frame[1], reinterpret_cast<u64>(frame + 2), frame[0]};
  }
};

class CallChain {
 public:
  static constexpr u64 kMemoryBytes = 128 * kKiB;

  // Zeros, in which is remembered what the tables said.
  static void Open(void* memory) { rules_ = static_cast<std::atomic<u64>*>(memory); }

  // Fills `calls` with return addresses, the caller's first, and says how many there are.
  static size_t Of(const Caller& caller, std::span<u64> calls);
  // The same for a thread that was interrupted: the first is the place where it was.
  static size_t OfInterrupted(const unwind::Frame& frame, std::span<u64> calls);

 private:
  static size_t Follow(unwind::Frame frame, std::span<u64> calls, size_t count);

  static inline constinit std::atomic<u64>* rules_ = nullptr;
  friend class RuleMemory;
};

}  // namespace caponier::hosted
