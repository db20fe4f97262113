// System registers by name, and the fields this port uses [arm-arm] D17.2. Newer registers go by encoding, so that the assembler need
// not know the extension. Reading one that the processor lacks is undefined: callers ask features.h first.
#pragma once

#include "lib/base/types.h"

#define CAPONIER_READ(name) \
  __extension__({ \
    ::caponier::u64 value_; \
    asm volatile("mrs %0, " name : "=r"(value_)); \
    value_; \
  })
#define CAPONIER_WRITE(name, value) asm volatile("msr " name ", %0" ::"r"(static_cast<::caponier::u64>(value)) : "memory")

#define REG_ID_AA64PFR0 "s3_0_c0_c4_0"
#define REG_ID_AA64PFR1 "s3_0_c0_c4_1"
#define REG_ID_AA64DFR0 "s3_0_c0_c5_0"
#define REG_ID_AA64ISAR0 "s3_0_c0_c6_0"
#define REG_ID_AA64ISAR1 "s3_0_c0_c6_1"
#define REG_ID_AA64ISAR2 "s3_0_c0_c6_2"
#define REG_ID_AA64MMFR0 "s3_0_c0_c7_0"
#define REG_ID_AA64MMFR1 "s3_0_c0_c7_1"
#define REG_ID_AA64MMFR2 "s3_0_c0_c7_2"
#define REG_RNDR "s3_3_c2_c4_0"
#define REG_RNDRRS "s3_3_c2_c4_1"
#define REG_RGSR "s3_0_c1_c0_5"
#define REG_GCR "s3_0_c1_c0_6"
#define REG_TFSR "s3_0_c5_c6_0"
#define REG_TFSRE0 "s3_0_c5_c6_1"

namespace caponier::arch {

inline void InstructionBarrier() { asm volatile("isb" ::: "memory"); }

namespace sctlr {
inline constexpr u64 kMmu = 1u << 0, kDataCache = 1u << 2, kStackAlignment = 1u << 3, kStackAlignmentUser = 1u << 4,
                     kIfThenDisable = 1u << 7, kSetEndDisable = 1u << 8, kExitContextSync = 1u << 11,
                     kInstructionCache = 1u << 12, kEnableKeyDb = 1u << 13, kUserCacheZero = 1u << 14, kUserCacheType = 1u << 15,
                     kUserWfi = 1u << 16, kUserWfe = 1u << 18, kWriteExecuteNever = 1u << 19, kContextTrap = 1u << 20,
                     kEntryContextSync = 1u << 22, kKeepPan = 1u << 23, kUserCacheMaintain = 1u << 26, kEnableKeyDa = 1u << 27,
                     kLoadMultipleTrap = 1u << 28, kLoadMultipleOrder = 1u << 29, kEnableKeyIb = 1u << 30,
                     kEnableKeyIa = u64{1} << 31, kBranchUser = u64{1} << 35, kBranchKernel = u64{1} << 36,
                     kTagFaultSync = u64{1} << 37, kTagCheckKernelSync = u64{1} << 40, kTagsUser = u64{1} << 42,
                     kTagsKernel = u64{1} << 43;
inline constexpr int kTagCheckUserShift = 38;
inline constexpr u64 kTagCheckUserMask = u64{3} << kTagCheckUserShift;
enum TagCheck : u64 { kNone = 0, kSync = 1, kAsync = 2, kAsymmetric = 3 };
}  // namespace sctlr

// ESR_EL1 [arm-arm] D17.2.37.
namespace esr {
enum Class : u64 {
  kUnknown = 0x00,
  kWait = 0x01,
  kVectorTrap = 0x07,
  kBranchTarget = 0x0d,
  kIllegalState = 0x0e,
  kSupervisorCall = 0x15,
  kSystemRegister = 0x18,
  kScalableVectorTrap = 0x19,
  kPointerAuth = 0x1c,
  kInstructionAbortUser = 0x20,
  kInstructionAbortKernel = 0x21,
  kPcAlignment = 0x22,
  kDataAbortUser = 0x24,
  kDataAbortKernel = 0x25,
  kSpAlignment = 0x26,
  kFloatingPoint = 0x2c,
  kError = 0x2f,
  kBreakpointUser = 0x30,
  kSingleStepUser = 0x32,
  kWatchpointUser = 0x34,
  kBreakInstruction = 0x3c,
};
constexpr Class ClassOf(u64 value) { return static_cast<Class>(value >> 26 & 0x3f); }
// The compiler's trap of a checked call: BRK with 0x5502 [clang-cfi].
constexpr bool IsCallCheck(u64 value) { return ClassOf(value) == kBreakInstruction && (value & 0xffff) == 0x5502; }
constexpr bool IsWrite(u64 value) { return (value & 1u << 6) != 0 && (value & 1u << 8) == 0; }  // WnR, not for cache maintenance
constexpr u64 FaultStatus(u64 value) { return value & 0x3f; }
inline constexpr u64 kStatusExternal = 0x10, kStatusTagCheck = 0x11, kStatusAlignment = 0x21;
constexpr bool IsTranslation(u64 status) { return status >= 0x04 && status <= 0x07; }
constexpr bool IsAccessFlag(u64 status) { return status >= 0x08 && status <= 0x0b; }
constexpr bool IsPermission(u64 status) { return status >= 0x0c && status <= 0x0f; }
}  // namespace esr

}  // namespace caponier::arch
