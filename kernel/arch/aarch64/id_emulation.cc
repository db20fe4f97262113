// The program sees of each ID register the fields that say what it can use, as listed in [linux-cpu-feature-registers]; fields of what
// this kernel does not offer (SVE, SME, debug, virtualisation) read as zero. C libraries read MIDR_EL1 to choose their memcpy.
#include "kernel/arch/aarch64/id_emulation.h"

#include "kernel/arch/aarch64/features.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/mm/user_copy.h"

namespace caponier::arch {
namespace {

constexpr u64 Fields(std::initializer_list<int> lows) {
  u64 mask = 0;
  for (int low : lows) mask |= u64{0xf} << low;
  return mask;
}

// MRS Xt, S3_0_C0_Cm_op2 [arm-arm] C6.2.224: all but Rt, CRm and op2 fixed.
constexpr u32 kMrsIdMask = 0xffff'f000, kMrsId = 0xd538'0000;

// The register's value for the program; false for one that it may not read.
bool VisibleValue(u32 crm, u32 op2, u64* value) {
  const IdRegisters id = ReadIdRegisters();
  if (crm == 0) {
    switch (op2) {
      case 0: *value = CAPONIER_READ("midr_el1"); return true;
      case 5:
        *value = u64{1} << 31;  // MPIDR_EL1: one processor
        return true;
      case 6: *value = CAPONIER_READ("revidr_el1"); return true;
      default: return false;
    }
  }
  if (crm < 2 || crm > 7) return false;
  // FP and AdvSIMD of 0xf mean "none", so they are kept as they are; EL0 and EL1 are 64-bit only.
  struct Visible {
    u32 crm, op2;
    u64 value;
  };
  const Visible visible[] = {
      {4, 0, (id.pfr0 & Fields({16, 20, 48})) | 0x11},
      {4, 1, id.pfr1 & (Fields({0, 4}) | (CpuFeatures().tagging != 0 ? Fields({8}) : 0))},
      {6, 0, id.isar0 & Fields({4, 8, 12, 16, 20, 28, 32, 36, 40, 44, 48, 52, 60})},
      {6, 1, id.isar1 & Fields({0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 44, 48, 52})},
      {6, 2, id.isar2 & Fields({0, 4, 8, 12})},
      {7, 0, id.mmfr0 & Fields({60})},
      {7, 1, id.mmfr1 & Fields({44})},
      {7, 2, id.mmfr2 & Fields({32})},
  };
  *value = 0;
  for (const Visible& one : visible) {
    if (one.crm == crm && one.op2 == op2) *value = one.value;
  }
  return true;
}

}  // namespace

bool EmulateIdRegisterRead(TrapFrame& frame, u64 syndrome) {
  const esr::Class kind = esr::ClassOf(syndrome);
  if (kind != esr::kUnknown && kind != esr::kSystemRegister) return false;
  const Result<u32> instruction = mm::ReadUser<u32>(frame.pc);
  if (!instruction.ok() || (instruction.value() & kMrsIdMask) != kMrsId) return false;
  u64 value;
  if (!VisibleValue(instruction.value() >> 8 & 0xf, instruction.value() >> 5 & 7, &value)) return false;
  const u32 target = instruction.value() & 31;
  if (target != 31) frame.x[target] = value;
  frame.pc += 4;
  frame.pstate &= ~kPstateBtypeMask;
  return true;
}

}  // namespace caponier::arch
