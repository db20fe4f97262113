// Single instructions of x86-64 that any privilege may execute. Whether the processor has them is the caller's to know, save CPUID.
#pragma once

#if defined(__x86_64__)

#include <optional>

#include "lib/arch/x86_cpuid.h"

namespace caponier::arch {

// The words that DecodeX86 wants, of the processor that runs.
inline X86Words ReadX86Words() {
  struct Registers {
    u32 eax, ebx, ecx, edx;
  };
  const auto cpuid = [](u32 leaf) {
    Registers r{};
    asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
  };
  X86Words words;
  words.highest_leaf = cpuid(0).eax;
  words.leaf1_ecx = CpuidLeaf1Ecx(cpuid(1).ecx);
  if (words.highest_leaf >= 7) {
    const Registers seven = cpuid(7);
    words.leaf7_ebx = CpuidLeaf7Ebx(seven.ebx);
    words.leaf7_ecx = CpuidLeaf7Ecx(seven.ecx);
  }
  if (words.leaf1_ecx.Get<CpuidLeaf1Ecx::OsXsave>()) {
    u32 low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    words.xcr0 = Xcr0(u64{high} << 32 | low);
  }
  return words;
}

// The quickest clock there is, without waiting for what comes before it.
inline u64 ReadFastClock() {
  u32 low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return u64{high} << 32 | low;
}

// One try each; nothing when the processor had no number ready [intel-drng].
inline std::optional<u64> ExecuteRdrand() {
  u64 word;
  bool ready;
  asm volatile("rdrand %0" : "=r"(word), "=@ccc"(ready) : : "cc");
  return ready ? std::optional(word) : std::nullopt;
}
inline std::optional<u64> ExecuteRdseed() {
  u64 word;
  bool ready;
  asm volatile("rdseed %0" : "=r"(word), "=@ccc"(ready) : : "cc");
  return ready ? std::optional(word) : std::nullopt;
}

}  // namespace caponier::arch

#endif
