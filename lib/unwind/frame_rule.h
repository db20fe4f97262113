// How to get from a place in a function to its caller: what a module's .eh_frame says [lsb-5] "Exception Frames", in the few forms that
// compilers give to the two registers which a chain of calls needs. Nothing is kept, allocated or locked; every read stays within the module.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace caponier::unwind {

// DWARF's numbers [psabi-x86-64] figure 3.36, [aadwarf64] 4.1.
struct Registers {
  u8 stack_pointer, frame_pointer, return_address;
};
inline constexpr Registers kX86{7, 6, 16}, kArm{31, 29, 30};

// Where a caller's register is: still in its register, or in memory at an offset from the canonical frame address or from the frame pointer.
struct Place {
  enum class Of : u8 { kRegister, kCfa, kFramePointer } of = Of::kRegister;
  i16 offset = 0;
  bool operator==(const Place&) const = default;
};

struct FrameRule {
  // The canonical frame address, which is the caller's stack pointer: a register and an offset, or what stands in memory there.
  enum class Base : u8 { kStackPointer, kFramePointer, kInMemoryAtFramePointer } base = Base::kStackPointer;
  bool outermost = false;  // nobody called
  i32 cfa_offset = 0;
  Place frame_pointer = {}, return_address = {};
  bool operator==(const FrameRule&) const = default;
};

// A module as it lies in memory.
struct Module {
  Bytes bytes;
  u64 address;  // of the first
  u64 header;   // of its .eh_frame_hdr (PT_GNU_EH_FRAME)
};

// What holds when the instruction at `pc` is about to run. kNotFound: the module says nothing of that place; kNotSupported: by other means than
// those above; kMalformed.
Result<FrameRule> FindFrameRule(const Registers& registers, const Module& module, u64 pc);

}  // namespace caponier::unwind
