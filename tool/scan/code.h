// Which system calls a piece of machine code makes, read off the code without running it.
//
// A heuristic, and it says so to its users: a system call is found where the instruction stands and its number is loaded as a
// constant shortly before; a call is followed where its target is written in the instruction. Numbers computed at run time (as
// in libc's own syscall()) and calls through pointers are not seen, and data that looks like code may be.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "lib/base/bytes.h"
#include "tool/arch.h"

namespace caponier::tool {

struct CodeFacts {
  std::set<u32> numbers;     // system calls whose number is known
  u32 unknown_numbers = 0;   // instructions whose number is not
  std::vector<u64> targets;  // addresses called or jumped to outside the piece
};

// `code` lies at `address`.
CodeFacts ScanCode(Bytes code, u64 address, Arch arch);

}  // namespace caponier::tool
