#include "kernel/arch/x86_64/features.h"

#include "kernel/arch/machine.h"

namespace caponier::arch {
namespace {

CpuFeatures g_features;
bool g_known;

Hypervisor DetectHypervisor(u32 leaf1_ecx) {
  if ((leaf1_ecx & (1u << 31)) == 0) return Hypervisor::kNone;
  const CpuidResult r = Cpuid(0x4000'0000);
  char name[12];
  __builtin_memcpy(name, &r.ebx, 4);
  __builtin_memcpy(name + 4, &r.ecx, 4);
  __builtin_memcpy(name + 8, &r.edx, 4);
  const std::string_view text(name, 12);
  if (text == "TCGTCGTCGTCG") return Hypervisor::kTcg;
  if (text.starts_with("KVMKVMKVM")) return Hypervisor::kKvm;
  return Hypervisor::kOther;
}

CpuFeatures Detect() {
  const u32 highest = Cpuid(0).eax;
  const CpuidResult one = Cpuid(1);
  const CpuidResult seven = highest >= 7 ? Cpuid(7) : CpuidResult{};
  const CpuidResult extended = Cpuid(0x8000'0001);
  const auto bit = [](u32 word, int index) { return (word >> index & 1) != 0; };
  return {.nx = bit(extended.edx, 20),
          .smep = bit(seven.ebx, 7),
          .smap = bit(seven.ebx, 20),
          .umip = bit(seven.ecx, 2),
          .fsgsbase = bit(seven.ebx, 0),
          .xsave = bit(one.ecx, 26),
          .avx = bit(one.ecx, 28),
          .avx512 = bit(seven.ebx, 16),
          .la57 = bit(seven.ecx, 16),
          .pku = bit(seven.ecx, 3),
          .pks = bit(seven.ecx, 31),
          .rdrand = bit(one.ecx, 30),
          .rdseed = bit(seven.ebx, 18),
          .tsc_deadline = bit(one.ecx, 24),
          .hypervisor = DetectHypervisor(one.ecx),
          .signature_edx = one.edx};
}

}  // namespace

const CpuFeatures& Features() {
  if (!g_known) {
    g_features = Detect();
    g_known = true;
  }
  return g_features;
}

HardwareCapabilities Capabilities() {
  constexpr u64 kHwcap2Ring3Mwait = 1, kHwcap2Fsgsbase = 2;
  static_assert(kHwcap2Ring3Mwait != kHwcap2Fsgsbase);
  return {
      .hwcap = Features().signature_edx,
      .hwcap2 = Features().fsgsbase ? kHwcap2Fsgsbase : 0,
      .platform = "x86_64",
      // The frame Linux pushes: ucontext, siginfo and return address, the vector state, and the red zone below the stack pointer.
      .minimum_signal_stack = AlignUp(FpuStateSize() + 4 + 64 + 0x128 + 128 + 8 + 128 + 32, 16)};
}

void DescribeCpu(TextSink& sink) {
  char brand[49] = {};
  for (u32 i = 0; i < 3; i++) {
    const CpuidResult r = Cpuid(0x8000'0002 + i);
    __builtin_memcpy(brand + 16 * i, &r, 16);
  }
  const CpuidResult zero = Cpuid(0), one = Cpuid(1);
  char vendor[13] = {};
  __builtin_memcpy(vendor, &zero.ebx, 4);
  __builtin_memcpy(vendor + 4, &zero.edx, 4);
  __builtin_memcpy(vendor + 8, &zero.ecx, 4);
  const u32 family = (one.eax >> 8 & 15) + ((one.eax >> 8 & 15) == 15 ? one.eax >> 20 & 255 : 0);
  const u32 model = (one.eax >> 4 & 15) | (one.eax >> 16 & 15) << 4;
  Format(sink, "processor\t: 0\nvendor_id\t: {}\ncpu family\t: {}\nmodel\t\t: {}\nmodel name\t: {}\nstepping\t: {}\n", vendor,
         family, model, brand, one.eax & 15);
  struct Name {
    u8 leaf_word;  // 0: 1.edx, 1: 1.ecx, 2: 7.ebx, 3: 80000001.edx, 4: 80000001.ecx, 5: 7.ecx
    u8 bit;
    const char* name;
  };
  static constexpr Name kNames[] = {
      {0, 0, "fpu"},     {0, 4, "tsc"},       {0, 8, "cx8"},         {0, 15, "cmov"},    {0, 19, "clflush"}, {0, 23, "mmx"},
      {0, 24, "fxsr"},   {0, 25, "sse"},      {0, 26, "sse2"},       {3, 11, "syscall"}, {3, 20, "nx"},      {3, 29, "lm"},
      {1, 0, "pni"},     {1, 1, "pclmulqdq"}, {1, 9, "ssse3"},       {1, 12, "fma"},     {1, 13, "cx16"},    {1, 19, "sse4_1"},
      {1, 20, "sse4_2"}, {1, 22, "movbe"},    {1, 23, "popcnt"},     {1, 25, "aes"},     {1, 26, "xsave"},   {1, 28, "avx"},
      {1, 29, "f16c"},   {1, 30, "rdrand"},   {1, 31, "hypervisor"}, {4, 0, "lahf_lm"},  {4, 5, "abm"},      {2, 0, "fsgsbase"},
      {2, 3, "bmi1"},    {2, 5, "avx2"},      {2, 7, "smep"},        {2, 8, "bmi2"},     {2, 9, "erms"},     {2, 18, "rdseed"},
      {2, 19, "adx"},    {2, 20, "smap"},     {2, 29, "sha_ni"},     {5, 16, "la57"}};
  const CpuidResult seven = Cpuid(7), extended = Cpuid(0x8000'0001);
  const u32 words[] = {one.edx, one.ecx, seven.ebx, extended.edx, extended.ecx, seven.ecx};
  Format(sink, "flags\t\t:");
  for (const Name& entry : kNames) {
    if ((words[entry.leaf_word] >> entry.bit & 1) != 0) Format(sink, " {}", entry.name);
  }
  constexpr u32 kAddressSizes = 0x8000'0008;
  const u32 physical_bits = Cpuid(0x8000'0000).eax < kAddressSizes ? 36 : Cpuid(kAddressSizes).eax & 255;
  Format(sink, "\nclflush size\t: 64\naddress sizes\t: {} bits physical, {} bits virtual\n\n", physical_bits,
         g_five_levels ? 57 : 48);
}

void DescribeProtections(void (*line)(void*, std::string_view, std::string_view), void* context) {
  const CpuFeatures& f = Features();
  const auto say = [&](std::string_view name, bool on) { line(context, name, on ? "on" : "absent"); };
  say("nx", f.nx);
  say("wp", true);
  say("smep", f.smep);
  say("smap", f.smap);
  say("umip", f.umip);
  say("la57", f.la57);
}

}  // namespace caponier::arch
