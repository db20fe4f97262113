// A crime, committed for the sake of being caught: it runs in a thread of its own, and the signal that ends it is taken on that
// thread's alternate stack, so that even a stack overflow leaves the tour standing.
#pragma once

#include <stddef.h>

namespace caponier::tour {

struct Attempt {
  bool caught = false;
  int signal = 0;
  int code = 0;                 // si_code
  const void* place = nullptr;  // si_addr
  // "SIGSEGV, no permission there (SEGV_ACCERR)"; "not caught".
  const char* Text() const;

 private:
  mutable char text_[96];
};

// Runs `crime(argument)`. The thread has a stack of 64 KiB.
Attempt Commit(void (*crime)(void*), void* argument = nullptr);

// Hides from the compiler what `pointer` is known to be.
template <typename T>
T* Launder(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

}  // namespace caponier::tour
