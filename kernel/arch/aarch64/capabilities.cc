// What the program is told of the processor: AT_HWCAP, AT_HWCAP2 and /proc/cpuinfo, from one table with the rules of [linux-arm64-elf-hwcaps]. A
// feature stands here only when a program can really use it under this kernel: no SVE, no SME.
#include "kernel/arch/aarch64/clock.h"
#include "kernel/arch/aarch64/features.h"
#include "kernel/arch/aarch64/registers.h"
#include "kernel/arch/machine.h"
#include "lib/linux_abi/auxv.h"
#include "lib/linux_abi/signal_frame.h"

namespace caponier::arch {
namespace {

using namespace linux_abi::aarch64;

// Present when the ID field is at least `least`.
struct Capability {
  u64 IdRegisters::* reg;
  int low;
  u64 least;
  u64 hwcap, hwcap2;
  std::string_view name;  // in /proc/cpuinfo
};
using Id = IdRegisters;
constexpr Capability kCapabilities[] = {
    {&Id::isar0, 4, 1, kHWCAP_AES, 0, "aes"},
    {&Id::isar0, 4, 2, kHWCAP_PMULL, 0, "pmull"},
    {&Id::isar0, 8, 1, kHWCAP_SHA1, 0, "sha1"},
    {&Id::isar0, 12, 1, kHWCAP_SHA2, 0, "sha2"},
    {&Id::isar0, 16, 1, kHWCAP_CRC32, 0, "crc32"},
    {&Id::isar0, 20, 2, kHWCAP_ATOMICS, 0, "atomics"},
    {&Id::isar0, 28, 1, kHWCAP_ASIMDRDM, 0, "asimdrdm"},
    {&Id::isar1, 12, 1, kHWCAP_JSCVT, 0, "jscvt"},
    {&Id::isar1, 16, 1, kHWCAP_FCMA, 0, "fcma"},
    {&Id::isar1, 20, 1, kHWCAP_LRCPC, 0, "lrcpc"},
    {&Id::isar1, 0, 1, kHWCAP_DCPOP, 0, "dcpop"},
    {&Id::isar0, 32, 1, kHWCAP_SHA3, 0, "sha3"},
    {&Id::isar0, 36, 1, kHWCAP_SM3, 0, "sm3"},
    {&Id::isar0, 40, 1, kHWCAP_SM4, 0, "sm4"},
    {&Id::isar0, 44, 1, kHWCAP_ASIMDDP, 0, "asimddp"},
    {&Id::isar0, 12, 2, kHWCAP_SHA512, 0, "sha512"},
    {&Id::isar0, 48, 1, kHWCAP_ASIMDFHM, 0, "asimdfhm"},
    {&Id::pfr0, 48, 1, kHWCAP_DIT, 0, "dit"},
    {&Id::mmfr2, 32, 1, kHWCAP_USCAT, 0, "uscat"},
    {&Id::isar1, 20, 2, kHWCAP_ILRCPC, 0, "ilrcpc"},
    {&Id::isar0, 52, 1, kHWCAP_FLAGM, 0, "flagm"},
    {&Id::pfr1, 4, 2, kHWCAP_SSBS, 0, "ssbs"},
    {&Id::isar1, 36, 1, kHWCAP_SB, 0, "sb"},
    {&Id::isar1, 0, 2, 0, kHWCAP2_DCPODP, "dcpodp"},
    {&Id::isar0, 52, 2, 0, kHWCAP2_FLAGM2, "flagm2"},
    {&Id::isar1, 32, 1, 0, kHWCAP2_FRINT, "frint"},
    {&Id::isar1, 52, 1, 0, kHWCAP2_I8MM, "i8mm"},
    {&Id::isar1, 44, 1, 0, kHWCAP2_BF16, "bf16"},
    {&Id::isar1, 44, 2, 0, kHWCAP2_EBF16, "ebf16"},
    {&Id::isar1, 48, 1, 0, kHWCAP2_DGH, "dgh"},
    {&Id::isar0, 60, 1, 0, kHWCAP2_RNG, "rng"},
    {&Id::mmfr0, 60, 1, 0, kHWCAP2_ECV, "ecv"},
    {&Id::mmfr1, 44, 1, 0, kHWCAP2_AFP, "afp"},
    {&Id::isar2, 4, 1, 0, kHWCAP2_RPRES, "rpres"},
    {&Id::isar2, 0, 2, 0, kHWCAP2_WFXT, "wfxt"},
    {&Id::pfr1, 0, 1, 0, kHWCAP2_BTI, "bti"},
};

// Calls found(hwcap, hwcap2, name) for each.
template <typename Found>
void ForEachCapability(Found found) {
  const Id id = ReadIdRegisters();
  // These two fields are signed, with -1 for "none" [arm-arm] D17.2.
  const u64 scalar = IdField(id.pfr0, 16), vector = IdField(id.pfr0, 20);
  if (scalar != 0xf) found(kHWCAP_FP, 0, "fp");
  if (vector != 0xf) found(kHWCAP_ASIMD, 0, "asimd");
  found(kHWCAP_EVTSTRM, 0, "evtstrm");
  if (scalar != 0xf && scalar >= 1) found(kHWCAP_FPHP, 0, "fphp");
  if (vector != 0xf && vector >= 1) found(kHWCAP_ASIMDHP, 0, "asimdhp");
  found(kHWCAP_CPUID, 0, "cpuid");
  for (const Capability& one : kCapabilities) {
    if (IdField(id.*one.reg, one.low) >= one.least) found(one.hwcap, one.hwcap2, one.name);
  }
  if (CpuFeatures().tagging >= 2) found(0, kHWCAP2_MTE, "mte");
  if (CpuFeatures().tagging >= 3) found(0, kHWCAP2_MTE3, "mte3");
  if (CpuFeatures().address_auth) found(kHWCAP_PACA, 0, "paca");
  if (CpuFeatures().generic_auth) found(kHWCAP_PACG, 0, "pacg");
}

}  // namespace

HardwareCapabilities Capabilities() {
  // As Linux counts it: the frame, the frame record below it, and what alignment may cost.
  HardwareCapabilities all{.platform = "aarch64", .minimum_signal_stack = sizeof(RtSigframe) + sizeof(FrameRecord) + 16};
  ForEachCapability([&](u64 hwcap, u64 hwcap2, std::string_view) {
    all.hwcap |= hwcap;
    all.hwcap2 |= hwcap2;
  });
  return all;
}

void DescribeCpu(TextSink& sink) {
  const u64 midr = CAPONIER_READ("midr_el1");
  // Linux's BogoMIPS here: two loops a tick of the counter.
  const u64 frequency = CAPONIER_READ("cntfrq_el0");
  const u64 hundredths = frequency / 5000;
  Format(sink, "processor\t: 0\nBogoMIPS\t: {}.{}{}\nFeatures\t:", hundredths / 100, hundredths / 10 % 10, hundredths % 10);
  ForEachCapability([&](u64, u64, std::string_view name) { Format(sink, " {}", name); });
  Format(sink, "\nCPU implementer\t: {:#x}\nCPU architecture: 8\nCPU variant\t: {:#x}\nCPU part\t: {:#x}\nCPU revision\t: {}\n\n",
         midr >> 24 & 0xff, midr >> 20 & 0xf, midr >> 4 & 0xfff, midr & 0xf);
}

}  // namespace caponier::arch
