// What each thread has: a buffer of its own, so that threads draw without a lock and without sharing a cache line. It lies in memory
// that the kernel wipes at a fork; zeros mean "no key".
#pragma once

#include "hosted/random/process_root.h"
#include "lib/random/erasing.h"

namespace caponier::hosted {

struct ThreadState {
  u64 generation = 0;  // of the process's root when the key was taken; 0: no key
  u64 until_time = 0;  // bytes that may be drawn before the clock is looked at
  random::Erasing bytes;

  // The calling thread's, made at first use and wiped when the thread ends. Null when there is no memory for it.
  static ThreadState* Mine() { return mine_ != nullptr ? mine_ : Make(); }
  // Has a key of the current generation when it returns.
  void Prepare(ProcessRoot& root, size_t bytes_wanted) {
    const bool nothing_to_do = ProcessRoot::Wiped() && generation != 0 && generation == root.generation() && !root.Copied() &&
                               bytes_wanted <= until_time;
    if (!nothing_to_do) PrepareWhatIsDue(root, bytes_wanted);
    until_time -= bytes_wanted < until_time ? bytes_wanted : until_time;
  }

 private:
  static ThreadState* Make();
  static void End(void* state);
  void PrepareWhatIsDue(ProcessRoot& root, size_t bytes_wanted);
  void Rekey(ProcessRoot& root);

  static inline constinit thread_local ThreadState* mine_ = nullptr;
};

// Whether the calling thread is inside a draw, below the handler that asks: what is forked now must not come out of it twice.
bool InsideADrawForTest();

}  // namespace caponier::hosted
