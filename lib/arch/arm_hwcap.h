// What Linux's auxiliary vector says of an AArch64 processor's instructions [linux-arm64-elf-hwcaps]. The words are handed in.
#pragma once

#include "lib/reg/field.h"

namespace caponier::arch {

struct ArmHwcap : reg::Register<ArmHwcap, u64> {
  using Register::Register;
  using Asimd = reg::Bit<1>;
  using Aes = reg::Bit<3>;
  using Sha2 = reg::Bit<6>;  // SHA-256
};

struct ArmHwcap2 : reg::Register<ArmHwcap2, u64> {
  using Register::Register;
  using Rng = reg::Bit<16>;
  using Mte = reg::Bit<18>;
};

struct ArmFeatures {
  bool aes = false, sha256 = false, rndr = false;
  constexpr bool operator==(const ArmFeatures&) const = default;
};

constexpr ArmFeatures DecodeArm(ArmHwcap hwcap, ArmHwcap2 hwcap2) {
  const bool vectors = hwcap.Get<ArmHwcap::Asimd>();
  return {.aes = vectors && hwcap.Get<ArmHwcap::Aes>(),
          .sha256 = vectors && hwcap.Get<ArmHwcap::Sha2>(),
          .rndr = hwcap2.Get<ArmHwcap2::Rng>()};
}

}  // namespace caponier::arch
