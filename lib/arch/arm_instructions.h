// Single instructions of AArch64 that any privilege may execute, when the processor has them [arm-arm] FEAT_RNG.
#pragma once

#if defined(__aarch64__)

#include <optional>

#include "lib/base/types.h"

namespace caponier::arch {

// The quickest clock there is, without waiting for what comes before it.
inline u64 ReadFastClock() {
  u64 value;
  asm volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
}

// One try each; nothing when no number was ready in time, which sets the flags to Z.
inline std::optional<u64> ExecuteRndr() {
  u64 word;
  bool failed;
  asm volatile("mrs %0, s3_3_c2_c4_0" : "=r"(word), "=@cceq"(failed) : : "cc");
  return failed ? std::nullopt : std::optional(word);
}
inline std::optional<u64> ExecuteRndrrs() {
  u64 word;
  bool failed;
  asm volatile("mrs %0, s3_3_c2_c4_1" : "=r"(word), "=@cceq"(failed) : : "cc");
  return failed ? std::nullopt : std::optional(word);
}

}  // namespace caponier::arch

#endif
