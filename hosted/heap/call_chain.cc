#include "hosted/heap/call_chain.h"

#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hosted/heap/loaded_modules.h"

namespace caponier::hosted {
namespace {

using unwind::Frame;
using unwind::FrameRule;
using unwind::Place;
using unwind::Stack;

#if defined(__x86_64__)
constexpr auto& kRegisters = unwind::kX86;
constexpr bool kHasRecords = false;
u64 StripSignature(u64 address) { return address; }
#else
constexpr auto& kRegisters = unwind::kArm;
constexpr bool kHasRecords = true;
// XPACLRI, which processors without pointer authentication take for a NOP [arm-arm] C6.2.
u64 StripSignature(u64 address) {
  register u64 link asm("x30") = address;
  asm("hint #7" : "+r"(link));
  return link;
}
#endif

// Both C libraries keep a thread's own data at the high end of its stack; the first thread's stack ends in what the kernel put there.
u64 FindStackEnd() {
  const u64 here = reinterpret_cast<u64>(__builtin_frame_address(0));
  const bool first = syscall(SYS_gettid) == getpid();
  const u64 end = first ? getauxval(AT_RANDOM) : reinterpret_cast<u64>(__builtin_thread_pointer());
  return end > here ? AlignDown(end, sizeof(u64)) : AlignDown(here, kPageSize) + kPageSize;
}
thread_local constinit u64 t_stack_end = 0;

Stack StackFrom(u64 begin) {
  if (t_stack_end <= begin) t_stack_end = FindStackEnd();
  return {begin, t_stack_end};
}

Result<FrameRule> AskModule(u64 pc) {
  LoadedModule module;
  if (!FindModule(pc, &module) || module.unwind_header == 0) return Error::kNotFound;
  const Bytes bytes(reinterpret_cast<const std::byte*>(module.begin), module.end - module.begin);
  return unwind::FindFrameRule(kRegisters, {bytes, module.begin, module.unwind_header}, pc);
}

// --- a rule in a word, with the place that it is for: only the usual forms fit ---

constexpr u64 kSlotBits = 14, kPlaceBits = 47, kRuleBits = 64 - (kPlaceBits - kSlotBits);
static_assert((u64{1} << kSlotBits) * sizeof(u64) == CallChain::kMemoryBytes);
constexpr int kCfaBits = 14, kOffsetBits = 9;

constexpr u64 kEnds = u64{1} << (kRuleBits - 1);  // nobody called, or nobody knows who

// 0: it does not fit.
u64 Pack(const FrameRule& rule) {
  if (rule.outermost) return kEnds;
  constexpr Place kBelowCfa{Place::Of::kCfa, -8};
  const i32 cfa = rule.cfa_offset / 8, saved = -rule.frame_pointer.offset / 8;
  if (rule.return_address != kBelowCfa || rule.base == FrameRule::Base::kInMemoryAtFramePointer) return 0;
  if (rule.cfa_offset % 8 != 0 || cfa <= 0 || cfa >= 1 << kCfaBits) return 0;
  if (rule.frame_pointer.of == Place::Of::kFramePointer || rule.frame_pointer.offset % 8 != 0 || saved < 0 ||
      saved >= 1 << kOffsetBits)
    return 0;
  const u64 is_saved = rule.frame_pointer.of == Place::Of::kCfa, by_frame = rule.base == FrameRule::Base::kFramePointer;
  return (static_cast<u64>(cfa) << kOffsetBits | static_cast<u64>(saved)) << 2 | is_saved << 1 | by_frame;
}
static_assert(kCfaBits + kOffsetBits + 2 < kRuleBits);
FrameRule Unpack(u64 word) {
  if (word == kEnds) return {.outermost = true};
  const auto saved = static_cast<i16>(word >> 2 & ((1 << kOffsetBits) - 1));
  return {.base = (word & 1) != 0 ? FrameRule::Base::kFramePointer : FrameRule::Base::kStackPointer,
          .cfa_offset = static_cast<i32>(word >> (2 + kOffsetBits) & ((1 << kCfaBits) - 1)) * 8,
          .frame_pointer = {(word & 2) != 0 ? Place::Of::kCfa : Place::Of::kRegister, static_cast<i16>(-8 * saved)},
          .return_address = {Place::Of::kCfa, -8}};
}

}  // namespace

// What the tables said of a place is remembered, since asking takes a hundred times as long. A library that is unloaded leaves its rules
// behind: a chain through another in its place may end early or name wrong calls, but reads no other memory for that.
class RuleMemory {
 public:
  static FrameRule Get(u64 pc) {
    std::atomic<u64>* known = CallChain::rules_ + pc % (u64{1} << kSlotBits);
    const u64 word = known->load(std::memory_order_relaxed);
    if (word != 0 && word >> kRuleBits == pc >> kSlotBits) return Unpack(word & ((u64{1} << kRuleBits) - 1));
    const FrameRule rule = AskModule(pc).value_or({.outermost = true});
    if (const u64 packed = Pack(rule); packed != 0 && pc >> kPlaceBits == 0)
      known->store(pc >> kSlotBits << kRuleBits | packed, std::memory_order_relaxed);
    return rule;
  }
};

size_t CallChain::Follow(Frame frame, std::span<u64> calls, size_t count) {
  const Stack stack = StackFrom(frame.stack_pointer);
  while (count < calls.size()) {
    if constexpr (kHasRecords) {
      if (!StepByRecord(stack, &frame)) break;
    } else {
      // The call, since what follows it may be another function's.
      if (!StepToCaller(RuleMemory::Get(frame.pc - 1), stack, &frame)) break;
    }
    calls[count++] = StripSignature(frame.pc);
  }
  return count;
}

size_t CallChain::Of(const Caller& caller, std::span<u64> calls) {
  const u64 first = StripSignature(caller.return_address);
  calls[0] = first;
  return Follow({.pc = first, .stack_pointer = caller.stack_pointer, .frame_pointer = caller.frame_pointer}, calls, 1);
}

size_t CallChain::OfInterrupted(const Frame& at, std::span<u64> calls) {
  calls[0] = at.pc;
  Frame frame = at;
  const Stack stack = StackFrom(at.stack_pointer);
  const Result<FrameRule> rule = AskModule(at.pc);
  if (!(rule.ok() ? StepToCaller(rule.value(), stack, &frame) : kHasRecords && StepByRecord(stack, &frame))) return 1;
  calls[1] = frame.pc = StripSignature(frame.pc);
  return Follow(frame, calls, 2);
}

}  // namespace caponier::hosted
