#include "kernel/arch/aarch64/features.h"

#include "kernel/arch/aarch64/registers.h"

namespace caponier::arch {

IdRegisters ReadIdRegisters() {
  return {.pfr0 = CAPONIER_READ(REG_ID_AA64PFR0),
          .pfr1 = CAPONIER_READ(REG_ID_AA64PFR1),
          .isar0 = CAPONIER_READ(REG_ID_AA64ISAR0),
          .isar1 = CAPONIER_READ(REG_ID_AA64ISAR1),
          .isar2 = CAPONIER_READ(REG_ID_AA64ISAR2),
          .mmfr0 = CAPONIER_READ(REG_ID_AA64MMFR0),
          .mmfr1 = CAPONIER_READ(REG_ID_AA64MMFR1),
          .mmfr2 = CAPONIER_READ(REG_ID_AA64MMFR2)};
}

}  // namespace caponier::arch
