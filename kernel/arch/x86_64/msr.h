// Model-specific registers [intel-sdm] vol. 4.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

inline constexpr u32 kMsrApicBase = 0x1b, kMsrEfer = 0xc000'0080, kMsrStar = 0xc000'0081, kMsrLstar = 0xc000'0082,
                     kMsrSfmask = 0xc000'0084, kMsrFsBase = 0xc000'0100, kMsrGsBase = 0xc000'0101, kMsrKernelGsBase = 0xc000'0102;

inline u64 ReadMsr(u32 msr) {
  u32 low, high;
  asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
  return u64{high} << 32 | low;
}
inline void WriteMsr(u32 msr, u64 value) {
  asm volatile("wrmsr" ::"c"(msr), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)) : "memory");
}

}  // namespace caponier::arch
