// Loads and stores to device registers: one plain instruction each. A compiler's choice of a write-back form would be a fault that a
// hypervisor cannot emulate (ESR_EL2.ISV = 0) [arm-arm] D17.2.37.
#pragma once

#include <cstddef>

#include "lib/base/types.h"

namespace caponier::arch {

inline u32 Load32(const std::byte* address) {
  u32 value;
  asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}
inline u64 Load64(const std::byte* address) {
  u64 value;
  asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}
inline void Store8(std::byte* address, u8 value) { asm volatile("strb %w0, [%1]" ::"r"(value), "r"(address) : "memory"); }
inline void Store32(std::byte* address, u32 value) { asm volatile("str %w0, [%1]" ::"r"(value), "r"(address) : "memory"); }
inline void Store64(std::byte* address, u64 value) { asm volatile("str %0, [%1]" ::"r"(value), "r"(address) : "memory"); }

}  // namespace caponier::arch
