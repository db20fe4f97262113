// What this processor has, from its ID registers [arm-arm] D17.2: read once, never assumed. The decoding is pure.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

struct IdRegisters {
  u64 pfr0 = 0, pfr1 = 0, isar0 = 0, isar1 = 0, isar2 = 0, mmfr0 = 0, mmfr1 = 0, mmfr2 = 0;
};
IdRegisters ReadIdRegisters();

// The four-bit unsigned field whose lowest bit is `low`.
constexpr u64 IdField(u64 value, int low) { return value >> low & 0xf; }

struct Features {
  bool floating_point = false;  // FP and Advanced SIMD
  bool pan = false;             // privileged access never
  bool address_auth = false;    // pointer authentication for addresses, any algorithm
  bool generic_auth = false;
  bool fault_on_auth = false;    // FPAC: a failed check faults at once
  bool branch_target = false;    // BTI
  u64 tagging = 0;               // ID_AA64PFR1.MTE: 2 full, 3 asymmetric too; 1 has no tag memory and counts as nothing
  bool no_user_probing = false;  // E0PD
  bool random = false;           // RNDR, RNDRRS
  bool store_bypass = false;     // SSBS, and the PSTATE bit
};
constexpr Features DecodeFeatures(const IdRegisters& id) {
  return {.floating_point = IdField(id.pfr0, 16) != 0xf,
          .pan = IdField(id.mmfr1, 20) != 0,
          .address_auth = IdField(id.isar1, 4) != 0 || IdField(id.isar1, 8) != 0 || IdField(id.isar2, 12) != 0,
          .generic_auth = IdField(id.isar1, 24) != 0 || IdField(id.isar1, 28) != 0 || IdField(id.isar2, 8) != 0,
          .fault_on_auth = IdField(id.isar1, 4) >= 4 || IdField(id.isar1, 8) >= 4 || IdField(id.isar2, 12) >= 4,
          .branch_target = IdField(id.pfr1, 0) != 0,
          .tagging = IdField(id.pfr1, 8) >= 2 ? IdField(id.pfr1, 8) : 0,
          .no_user_probing = IdField(id.mmfr2, 60) != 0,
          .random = IdField(id.isar0, 60) != 0,
          .store_bypass = IdField(id.pfr1, 4) != 0};
}
// Of the running processor. Valid after PrepareCpu; from InitCpu on without tags that turned out not to work.
const Features& CpuFeatures();

}  // namespace caponier::arch
