// What the rest of the kernel asks of the system call layer.
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace caponier::syscall {

// Calls the program made that this kernel does not know, by number, with how often.
struct Missing {
  u64 number = 0;
  std::string_view name;  // empty: no such call in Linux either
  u32 count = 0;
};
void ForEachMissing(void (*visit)(void* context, const Missing& missing), void* context);

// Prints each call as strace does, through drivers::link.
void SetTrace(bool on);

}  // namespace caponier::syscall
