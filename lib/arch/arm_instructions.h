// Single instructions of AArch64 that any privilege may execute, when the processor has them [arm-arm] FEAT_RNG; Linux answers a
// program's look at the ID register in the processor's place.
#pragma once

#if defined(__aarch64__)

#include <optional>

#include "lib/reg/field.h"

namespace caponier::arch {

// ID_AA64ISAR0_EL1 [arm-arm] D17.2.61: zero where there are no such instructions.
struct ArmIsar0 : reg::Register<ArmIsar0, u64> {
  using Register::Register;
  using Aes = reg::Field<7, 4>;
  using Sha2 = reg::Field<15, 12>;  // SHA-256, and SHA-512 from 2
};
inline ArmIsar0 ReadInstructionSets() {
  u64 value;
  asm volatile("mrs %0, s3_0_c0_c6_0" : "=r"(value));
  return ArmIsar0(value);
}

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
