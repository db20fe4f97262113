#pragma once

#include <cstddef>

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::arch {

inline constexpr u64 kShadowStackBytes = 0;  // threads have none: without CET nothing but more instructions would keep one

struct ThreadState {
  u64 kernel_sp = 0;         // saved by SwitchThread
  u64 kernel_stack_top = 0;  // loaded into the TSS and the per-CPU area
  u64 fs_base = 0, gs_base = 0;
  std::byte* fpu = nullptr;  // FpuStateSize() bytes; null for a thread that never runs a program
};

// Addresses carry no tags on this machine.
inline Result<u64> SetTaggedAddressControl(u64) { return Error::kInvalidArgument; }
inline Result<u64> TaggedAddressControl() { return Error::kInvalidArgument; }

}  // namespace caponier::arch
