// From one frame on the stack to its caller's.
#pragma once

#include "lib/unwind/frame_rule.h"

namespace caponier::unwind {

// The registers of a function that runs, or waits for one that it called.
struct Frame {
  u64 pc, stack_pointer, frame_pointer;
  u64 return_address = 0;  // in the link register, where there is one
};

// The part of a thread's stack that is in use, which alone is read.
class Stack {
 public:
  Stack(u64 begin, u64 end) : begin_(begin), end_(end) {}
  bool Read(u64 address, u64* value) const {
    if (address < begin_ || address >= end_ || end_ - address < sizeof(u64) || address % sizeof(u64) != 0) return false;
    *value = *reinterpret_cast<const u64*>(address);
    return true;
  }

 private:
  u64 begin_, end_;
};

// False at the outermost frame and where the stack holds what it cannot; `frame` is undefined then.
inline bool StepToCaller(const FrameRule& rule, const Stack& stack, Frame* frame) {
  if (rule.outermost) return false;
  const u64 base = rule.base == FrameRule::Base::kStackPointer ? frame->stack_pointer : frame->frame_pointer;
  u64 cfa = base + static_cast<u64>(i64{rule.cfa_offset});
  if (rule.base == FrameRule::Base::kInMemoryAtFramePointer && !stack.Read(cfa, &cfa)) return false;
  const auto find = [&](Place place, u64* value) {
    if (place.of == Place::Of::kRegister) return true;
    const u64 from = place.of == Place::Of::kCfa ? cfa : frame->frame_pointer;
    return stack.Read(from + static_cast<u64>(i64{place.offset}), value);
  };
  u64 caller = frame->return_address, frame_pointer = frame->frame_pointer;
  if (!find(rule.return_address, &caller) || !find(rule.frame_pointer, &frame_pointer)) return false;
  // Only a function that calls none and pushes nothing has its caller's stack.
  if (cfa < frame->stack_pointer || (cfa == frame->stack_pointer && rule.return_address.of != Place::Of::kRegister)) return false;
  *frame = {.pc = caller, .stack_pointer = cfa, .frame_pointer = frame_pointer};
  return caller != 0;
}

// By frame records alone, for AArch64, where every function that calls another has one [aapcs64] 6.4.6.
inline bool StepByRecord(const Stack& stack, Frame* frame) {
  const u64 record = frame->frame_pointer;
  u64 caller = 0, frame_pointer = 0;
  if (record < frame->stack_pointer || !stack.Read(record, &frame_pointer) || !stack.Read(record + 8, &caller)) return false;
  *frame = {.pc = caller, .stack_pointer = record + 16, .frame_pointer = frame_pointer};
  return caller != 0;
}

}  // namespace caponier::unwind
