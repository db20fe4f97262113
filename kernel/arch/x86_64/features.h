// CPUID [intel-sdm] vol. 2A, once, as plain facts.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

struct CpuidResult {
  u32 eax, ebx, ecx, edx;
};
inline CpuidResult Cpuid(u32 leaf, u32 subleaf = 0) {
  CpuidResult r{};
  asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
  return r;
}

enum class Hypervisor : u8 { kNone, kTcg, kKvm, kOther };

struct CpuFeatures {
  bool nx, smep, smap, umip, fsgsbase, xsave, avx, avx512, la57, pku, pks, rdrand, rdseed, tsc_deadline;
  Hypervisor hypervisor;
  u32 signature_edx;  // CPUID 1 EDX: AT_HWCAP
};
const CpuFeatures& Features();

}  // namespace caponier::arch
