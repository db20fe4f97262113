// What CPUID and XCR0 say of the instructions that lib/crypto, lib/heap and the random sources use [intel-sdm] vol. 2A "CPUID", vol. 1 13.3.
// The words are handed in, so that any processor can be pretended; x86_instructions.h reads those of the one that runs.
#pragma once

#include "lib/reg/field.h"

namespace caponier::arch {

struct CpuidLeaf1Ecx : reg::Register<CpuidLeaf1Ecx, u32> {
  using Register::Register;
  using Ssse3 = reg::Bit<9>;
  using Sse41 = reg::Bit<19>;
  using Aes = reg::Bit<25>;
  using OsXsave = reg::Bit<27>;  // XCR0 can be read
  using Avx = reg::Bit<28>;
  using Rdrand = reg::Bit<30>;
};

struct CpuidLeaf7Ebx : reg::Register<CpuidLeaf7Ebx, u32> {
  using Register::Register;
  using Avx2 = reg::Bit<5>;
  using Avx512F = reg::Bit<16>;
  using Rdseed = reg::Bit<18>;
  using Sha = reg::Bit<29>;
  using Avx512Bw = reg::Bit<30>;
};

struct CpuidLeaf7Ecx : reg::Register<CpuidLeaf7Ecx, u32> {
  using Register::Register;
  using Vaes = reg::Bit<9>;
};

// Which register states the system saves; without that an instruction faults although CPUID has it.
struct Xcr0 : reg::Register<Xcr0, u64> {
  using Register::Register;
  using Vectors256 = reg::Field<2, 1>;  // SSE and AVX state
  using Vectors512 = reg::Field<7, 5>;  // mask registers, upper halves, registers 16 to 31
};

struct X86Words {
  u32 highest_leaf = 0;
  CpuidLeaf1Ecx leaf1_ecx;
  CpuidLeaf7Ebx leaf7_ebx;  // zero when the leaf does not exist
  CpuidLeaf7Ecx leaf7_ecx;
  Xcr0 xcr0;  // zero when it cannot be read
};

struct X86Features {
  bool avx2 = false, aes_ni = false, sha_ni = false, vaes_256 = false, vaes_512 = false;
  bool rdrand = false, rdseed = false;
  constexpr bool operator==(const X86Features&) const = default;
};

constexpr X86Features DecodeX86(const X86Words& words) {
  X86Features features;
  const CpuidLeaf1Ecx one = words.leaf1_ecx;
  if (words.highest_leaf < 1) return features;
  const bool shuffles = one.Get<CpuidLeaf1Ecx::Ssse3>() && one.Get<CpuidLeaf1Ecx::Sse41>();
  features.aes_ni = one.Get<CpuidLeaf1Ecx::Aes>() && shuffles;
  features.rdrand = one.Get<CpuidLeaf1Ecx::Rdrand>();
  if (words.highest_leaf < 7) return features;
  const CpuidLeaf7Ebx seven = words.leaf7_ebx;
  features.rdseed = seven.Get<CpuidLeaf7Ebx::Rdseed>();
  features.sha_ni = seven.Get<CpuidLeaf7Ebx::Sha>() && shuffles;
  const bool saves_256 = one.Get<CpuidLeaf1Ecx::OsXsave>() && words.xcr0.Get<Xcr0::Vectors256>() == Xcr0::Vectors256::kMax;
  const bool saves_512 = saves_256 && words.xcr0.Get<Xcr0::Vectors512>() == Xcr0::Vectors512::kMax;
  const bool vaes = words.leaf7_ecx.Get<CpuidLeaf7Ecx::Vaes>() && features.aes_ni;
  features.avx2 = saves_256 && one.Get<CpuidLeaf1Ecx::Avx>() && seven.Get<CpuidLeaf7Ebx::Avx2>();
  features.vaes_256 = vaes && features.avx2;
  features.vaes_512 =
      features.vaes_256 && saves_512 && seven.Get<CpuidLeaf7Ebx::Avx512F>() && seven.Get<CpuidLeaf7Ebx::Avx512Bw>();
  return features;
}

}  // namespace caponier::arch
