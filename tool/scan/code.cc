#include "tool/scan/code.h"

#include <algorithm>
#include <optional>

namespace caponier::tool {
namespace {

constexpr u32 kHighestNumber = 511;  // anything above is no constant for the number's register but something else
constexpr size_t kLookBackBytes = 64;

u8 At(Bytes code, size_t index) { return static_cast<u8>(code[index]); }
u32 Word(Bytes code, size_t index) {
  Le32 word;
  __builtin_memcpy(&word, code.data() + index, sizeof(word));
  return word;
}

// [intel-sdm] volume 2: B8 id is mov eax, imm32; 48 C7 C0 id the same sign-extended to rax; 31 C0 is xor eax, eax.
std::optional<u32> NumberBeforeX86(Bytes code, size_t syscall_at) {
  const size_t limit = syscall_at > kLookBackBytes ? syscall_at - kLookBackBytes : 0;
  for (size_t at = syscall_at; at-- > limit;) {
    if (At(code, at) == 0xb8 && at + 5 <= syscall_at && Word(code, at + 1) <= kHighestNumber) return Word(code, at + 1);
    if (At(code, at) == 0x31 && at + 2 <= syscall_at && At(code, at + 1) == 0xc0) return 0;
    if (At(code, at) == 0xc7 && at + 6 <= syscall_at && At(code, at + 1) == 0xc0 && Word(code, at + 2) <= kHighestNumber)
      return Word(code, at + 2);
  }
  return std::nullopt;
}

void ScanX86(Bytes code, u64 address, CodeFacts& facts) {
  for (size_t at = 0; at + 2 <= code.size(); at++) {
    const u8 first = At(code, at), second = At(code, at + 1);
    if (first == 0x0f && second == 0x05) {
      if (const auto number = NumberBeforeX86(code, at)) {
        facts.numbers.insert(*number);
      } else {
        facts.unknown_numbers++;
      }
    }
    // E8 call rel32, E9 jmp rel32, 0F 8x jcc rel32.
    const bool conditional = first == 0x0f && (second & 0xf0) == 0x80;
    const size_t operand = at + (conditional ? 2 : 1);
    if ((first == 0xe8 || first == 0xe9 || conditional) && operand + 4 <= code.size()) {
      facts.targets.push_back(address + operand + 4 + static_cast<u64>(static_cast<i64>(static_cast<i32>(Word(code, operand)))));
    }
  }
}

// [arm-arm] C6.2: MOVZ Wd/Xd, #imm16 with Rd = 8; SVC #0; B and BL with a 26-bit word offset.
void ScanAarch64(Bytes code, u64 address, CodeFacts& facts) {
  std::optional<u32> number;
  size_t number_at = 0;
  for (size_t at = 0; at + 4 <= code.size(); at += 4) {
    const u32 word = Word(code, at);
    if ((word & 0x7fe0001f) == 0x52800008) {
      number = word >> 5 & 0xffff;
      number_at = at;
    } else if (word == 0xd4000001) {
      if (number.has_value() && *number <= kHighestNumber && at - number_at <= kLookBackBytes) {
        facts.numbers.insert(*number);
      } else {
        facts.unknown_numbers++;
      }
    } else if ((word & 0x7c000000) == 0x14000000) {
      const u64 offset = static_cast<u64>(static_cast<i64>(static_cast<i32>(word << 6)) >> 4);
      facts.targets.push_back(address + at + offset);
    }
  }
}

}  // namespace

CodeFacts ScanCode(Bytes code, u64 address, Arch arch) {
  CodeFacts facts;
  if (arch == Arch::kX86_64) {
    ScanX86(code, address, facts);
  } else {
    ScanAarch64(code, address, facts);
  }
  std::erase_if(facts.targets, [&](u64 target) { return target >= address && target < address + code.size(); });
  return facts;
}

}  // namespace caponier::tool
