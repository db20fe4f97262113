// The processor's protections, switched on once. boot/aarch64 has made the kernel half current with the kernel's return-address key
// in use; here the identity mapping ends, and everything else that the processor offers is turned on.
#include "kernel/arch/aarch64/features.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/aarch64/secrets.h"
#include "kernel/arch/aarch64/tagging.h"
#include "kernel/arch/machine.h"
#include "kernel/boot/aarch64/identity.h"
#include "lib/base/bytes.h"

extern "C" {
extern std::byte exception_vectors[];
caponier::u64 g_kernel_key, g_program_key;
TagGenerators g_tag_generators;
bool g_tag_memory_fails;
}

namespace caponier::arch {

MachineSecrets g_secrets;

namespace {

Features g_features;

// TCR_EL1: E0PD1; TBI1 and TBID1, as TBI0 and TBID0 are for the program: the kernel's data addresses carry tags, its code addresses do not.
constexpr u64 kNoUserProbing = u64{1} << 56, kKernelTopByteIgnored = u64{1} << 38, kOfDataOnly = u64{1} << 52;

// All but the low half of instruction key A, which is the kernel's by now.
void LoadProgramKeys() {
  CAPONIER_WRITE("s3_0_c2_c1_2", g_secrets.instruction_b.low);
  CAPONIER_WRITE("s3_0_c2_c1_3", g_secrets.instruction_b.high);
  CAPONIER_WRITE("s3_0_c2_c2_0", g_secrets.data_a.low);
  CAPONIER_WRITE("s3_0_c2_c2_1", g_secrets.data_a.high);
  CAPONIER_WRITE("s3_0_c2_c2_2", g_secrets.data_b.low);
  CAPONIER_WRITE("s3_0_c2_c2_3", g_secrets.data_b.high);
  if (g_features.generic_auth) {
    CAPONIER_WRITE("s3_0_c2_c3_0", g_secrets.generic.low);
    CAPONIER_WRITE("s3_0_c2_c3_1", g_secrets.generic.high);
  }
}

// SCTLR_EL1, whole: bits of absent features are left as they read (reserved).
u64 SystemControl() {
  u64 value = sctlr::kMmu | sctlr::kDataCache | sctlr::kInstructionCache | sctlr::kStackAlignment | sctlr::kStackAlignmentUser |
              sctlr::kIfThenDisable | sctlr::kSetEndDisable | sctlr::kExitContextSync | sctlr::kEntryContextSync |
              sctlr::kContextTrap | sctlr::kLoadMultipleTrap | sctlr::kLoadMultipleOrder;
  // What Linux lets a program do: read the cache type, clean and zero lines, wait.
  value |= sctlr::kUserCacheZero | sctlr::kUserCacheType | sctlr::kUserCacheMaintain | sctlr::kUserWfi | sctlr::kUserWfe;
  value |= sctlr::kWriteExecuteNever;
  if (!g_features.pan) value |= sctlr::kKeepPan;  // reserved as one without PAN; with it, zero: every entry sets PSTATE.PAN
  if (g_features.address_auth) value |= sctlr::kEnableKeyIa | sctlr::kEnableKeyIb | sctlr::kEnableKeyDa | sctlr::kEnableKeyDb;
  if (g_features.branch_target) value |= sctlr::kBranchUser | sctlr::kBranchKernel;
  if (g_features.tagging != 0) {
    value |= sctlr::kTagsUser | sctlr::kTagsKernel | sctlr::kTagFaultSync | sctlr::kTagCheckKernelSync;
  }
  return value;
}

// Debug and performance registers that the program could otherwise read or steer.
void CloseUserRegisters() {
  CAPONIER_WRITE("mdscr_el1", 0);
  const u64 dfr0 = CAPONIER_READ(REG_ID_AA64DFR0);
  const u64 counters = IdField(dfr0, 8);
  if (counters != 0 && counters != 0xf) CAPONIER_WRITE("pmuserenr_el0", 0);
  if (IdField(CAPONIER_READ(REG_ID_AA64PFR0), 44) != 0) CAPONIER_WRITE("s3_3_c13_c2_3", 0);  // AMUSERENR_EL0
  CAPONIER_WRITE("tpidr_el0", 0);
  CAPONIER_WRITE("tpidrro_el0", 0);
}

}  // namespace

const Features& CpuFeatures() { return g_features; }

// The identity mapping is writable and executable until InitCpu ends it. Tags go unchecked in it: it is not tagged memory.
void PrepareCpu() {
  g_features = DecodeFeatures(ReadIdRegisters());
  // The kernel has no vector code; SVE and SME stay trapped and are not offered.
  CAPONIER_WRITE("cpacr_el1", g_features.floating_point ? u64{3} << 20 : 0);
  u64 translation = CAPONIER_READ("tcr_el1");
  if (g_features.no_user_probing) translation |= kNoUserProbing;
  if (g_features.tagging != 0) translation |= kKernelTopByteIgnored | (g_features.address_auth ? kOfDataOnly : 0);
  CAPONIER_WRITE("tcr_el1", translation);
  CAPONIER_WRITE("sctlr_el1", SystemControl() & ~sctlr::kWriteExecuteNever);
  InstructionBarrier();
  if (g_features.pan) asm volatile(".arch_extension pan; msr pan, #1" ::: "memory");
  if (g_features.tagging != 0) asm volatile(".arch_extension memtag; msr tco, #0" ::: "memory");
}

void InitCpu() {
  CAPONIER_WRITE("vbar_el1", reinterpret_cast<u64>(exception_vectors));
  InstructionBarrier();
  boot::LeaveIdentity();
  CloseUserRegisters();
  if (g_features.address_auth) LoadProgramKeys();
  CAPONIER_WRITE("sctlr_el1", SystemControl());
  asm volatile("isb; tlbi vmalle1; dsb nsh; isb" ::: "memory");
  if (g_tag_memory_fails) g_features.tagging = 0;
  InitTagging();
  SecureWipe(WritableBytesOf(g_secrets));
}

// TLB entries may hold the bit's effect [arm-arm] D13.2.118. Nothing of the kernel's comes to be executable: what the program can write, EL1
// never executes, and the kernel's own data has PXN.
void AllowWritableCode() {
  CAPONIER_WRITE("sctlr_el1", CAPONIER_READ("sctlr_el1") & ~sctlr::kWriteExecuteNever);
  asm volatile("isb; tlbi vmalle1; dsb nsh; isb" ::: "memory");
}

// [arm-arm] B2.4.4: the data to the point of unification, then old instructions out; whichever step the processor does by itself is
// skipped (CTR_EL0.IDC, DIC). All instructions go, since a page has other addresses than this one.
void SyncInstructions(const std::byte* page) {
  const u64 type = CAPONIER_READ("ctr_el0");
  if ((type & 1u << 28) == 0) {
    const u64 line = u64{4} << (type >> 16 & 0xf);
    for (u64 offset = 0; offset < kPageSize; offset += line) asm volatile("dc cvau, %0" ::"r"(page + offset) : "memory");
  }
  asm volatile("dsb nsh" ::: "memory");
  if ((type & 1u << 29) == 0) asm volatile("ic iallu; dsb nsh" ::: "memory");
  InstructionBarrier();
}

void DescribeProtections(void (*line)(void* context, std::string_view name, std::string_view state), void* context) {
  const auto report = [&](std::string_view name, bool on) { line(context, name, on ? "on" : "absent"); };
  report("PXN/UXN", true);
  line(context, "WXN", (CAPONIER_READ("sctlr_el1") & sctlr::kWriteExecuteNever) != 0 ? "on" : "off");
  line(context, "SCS", g_features.address_auth ? "off" : "on");  // PAC instead
  report("PAN", g_features.pan);
  report("E0PD", g_features.no_user_probing);
  report("BTI", g_features.branch_target);
  report("PAC", g_features.address_auth);
  report("MTE", g_features.tagging != 0);
}

}  // namespace caponier::arch
