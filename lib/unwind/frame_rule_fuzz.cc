// Any bytes as a module: the search ends, reads nothing outside of them, and where it finds a rule, the rule can be followed.
#include "lib/unwind/frame_rule.h"
#include "lib/unwind/walk.h"

using namespace caponier;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  constexpr u64 kAddress = 0x20000;
  if (size < 4) return 0;
  const u64 pc = kAddress + static_cast<u64>(i64{static_cast<int16_t>(data[0] | data[1] << 8)});
  const u64 header = kAddress + data[2];
  const auto& registers = data[3] % 2 == 0 ? unwind::kX86 : unwind::kArm;
  const Bytes bytes = std::as_bytes(std::span(data + 4, size - 4));
  const auto rule = unwind::FindFrameRule(registers, {bytes, kAddress, header}, pc);
  if (!rule.ok()) return 0;
  u64 words[16] = {};
  const u64 stack = reinterpret_cast<u64>(words);
  unwind::Frame frame{.pc = pc, .stack_pointer = stack, .frame_pointer = stack + 64, .return_address = pc};
  unwind::StepToCaller(rule.value(), unwind::Stack(stack, stack + sizeof(words)), &frame);
  return 0;
}
