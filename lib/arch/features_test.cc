#include <gtest/gtest.h>

#include "lib/arch/arm_hwcap.h"
#include "lib/arch/x86_cpuid.h"
#include "lib/arch/x86_instructions.h"

namespace caponier::arch {
namespace {

constexpr u32 Bits(std::initializer_list<int> bits) {
  u32 word = 0;
  for (const int bit : bits) word |= u32{1} << bit;
  return word;
}

// A processor that has everything, under a system that saves everything. Bit numbers are the manual's, written again.
constexpr X86Words Whole() {
  X86Words words;
  words.highest_leaf = 7;
  words.leaf1_ecx = CpuidLeaf1Ecx(Bits({9, 19, 25, 27, 28, 30}));
  words.leaf7_ebx = CpuidLeaf7Ebx(Bits({5, 16, 18, 29, 30}));
  words.leaf7_ecx = CpuidLeaf7Ecx(Bits({9}));
  words.xcr0 = Xcr0(0xe7);
  return words;
}
constexpr X86Features kAll{
    .avx2 = true, .aes_ni = true, .sha_ni = true, .vaes_256 = true, .vaes_512 = true, .rdrand = true, .rdseed = true};

TEST(DecodeX86, EverythingAndNothing) {
  EXPECT_EQ(DecodeX86(Whole()), kAll);
  EXPECT_EQ(DecodeX86({}), X86Features{});
}

struct Loss {
  const char* what;
  void (*take)(X86Words&);
  X86Features left;
};

// Taking one bit away takes away what needs it, and nothing else.
TEST(DecodeX86, EachBitCounts) {
  const auto without = [](auto... members) {
    X86Features features = kAll;
    ((features.*members = false), ...);
    return features;
  };
  using F = X86Features;
  const Loss losses[] = {
      {"SSSE3", [](X86Words& w) { w.leaf1_ecx = CpuidLeaf1Ecx(w.leaf1_ecx.raw() & ~Bits({9})); },
       without(&F::aes_ni, &F::sha_ni, &F::vaes_256, &F::vaes_512)},
      {"SSE4.1", [](X86Words& w) { w.leaf1_ecx = CpuidLeaf1Ecx(w.leaf1_ecx.raw() & ~Bits({19})); },
       without(&F::aes_ni, &F::sha_ni, &F::vaes_256, &F::vaes_512)},
      {"AES", [](X86Words& w) { w.leaf1_ecx = CpuidLeaf1Ecx(w.leaf1_ecx.raw() & ~Bits({25})); },
       without(&F::aes_ni, &F::vaes_256, &F::vaes_512)},
      {"OSXSAVE", [](X86Words& w) { w.leaf1_ecx = CpuidLeaf1Ecx(w.leaf1_ecx.raw() & ~Bits({27})); },
       without(&F::avx2, &F::vaes_256, &F::vaes_512)},
      {"AVX", [](X86Words& w) { w.leaf1_ecx = CpuidLeaf1Ecx(w.leaf1_ecx.raw() & ~Bits({28})); },
       without(&F::avx2, &F::vaes_256, &F::vaes_512)},
      {"RDRAND", [](X86Words& w) { w.leaf1_ecx = CpuidLeaf1Ecx(w.leaf1_ecx.raw() & ~Bits({30})); }, without(&F::rdrand)},
      {"AVX2", [](X86Words& w) { w.leaf7_ebx = CpuidLeaf7Ebx(w.leaf7_ebx.raw() & ~Bits({5})); },
       without(&F::avx2, &F::vaes_256, &F::vaes_512)},
      {"AVX512F", [](X86Words& w) { w.leaf7_ebx = CpuidLeaf7Ebx(w.leaf7_ebx.raw() & ~Bits({16})); }, without(&F::vaes_512)},
      {"RDSEED", [](X86Words& w) { w.leaf7_ebx = CpuidLeaf7Ebx(w.leaf7_ebx.raw() & ~Bits({18})); }, without(&F::rdseed)},
      {"SHA", [](X86Words& w) { w.leaf7_ebx = CpuidLeaf7Ebx(w.leaf7_ebx.raw() & ~Bits({29})); }, without(&F::sha_ni)},
      {"AVX512BW", [](X86Words& w) { w.leaf7_ebx = CpuidLeaf7Ebx(w.leaf7_ebx.raw() & ~Bits({30})); }, without(&F::vaes_512)},
      {"VAES", [](X86Words& w) { w.leaf7_ecx = {}; }, without(&F::vaes_256, &F::vaes_512)},
      {"SSE state", [](X86Words& w) { w.xcr0 = Xcr0(0xe5); }, without(&F::avx2, &F::vaes_256, &F::vaes_512)},
      {"AVX state", [](X86Words& w) { w.xcr0 = Xcr0(0xe3); }, without(&F::avx2, &F::vaes_256, &F::vaes_512)},
      {"mask state", [](X86Words& w) { w.xcr0 = Xcr0(0xc7); }, without(&F::vaes_512)},
      {"upper halves", [](X86Words& w) { w.xcr0 = Xcr0(0xa7); }, without(&F::vaes_512)},
      {"registers 16 to 31", [](X86Words& w) { w.xcr0 = Xcr0(0x67); }, without(&F::vaes_512)},
      {"leaf 7", [](X86Words& w) { w.highest_leaf = 6; }, without(&F::avx2, &F::sha_ni, &F::vaes_256, &F::vaes_512, &F::rdseed)},
      {"leaf 1", [](X86Words& w) { w.highest_leaf = 0; }, F{}},
  };
  for (const Loss& loss : losses) {
    X86Words words = Whole();
    loss.take(words);
    EXPECT_EQ(DecodeX86(words), loss.left) << "without " << loss.what;
  }
}

TEST(DecodeArm, EachBitCounts) {
  const u64 all = Bits({1, 3, 6});
  const ArmHwcap2 rng(Bits({16}));
  EXPECT_EQ(DecodeArm(ArmHwcap(all), rng), (ArmFeatures{true, true, true}));
  EXPECT_EQ(DecodeArm(ArmHwcap(all), {}), (ArmFeatures{true, true, false}));
  EXPECT_EQ(DecodeArm(ArmHwcap(Bits({1, 3})), rng), (ArmFeatures{true, false, true}));
  EXPECT_EQ(DecodeArm(ArmHwcap(Bits({1, 6})), rng), (ArmFeatures{false, true, true}));
  EXPECT_EQ(DecodeArm(ArmHwcap(Bits({3, 6})), rng), (ArmFeatures{false, false, true}));
  EXPECT_EQ(DecodeArm({}, {}), ArmFeatures{});
}

#if defined(__x86_64__)
// The compiler's own detection of the same processor agrees.
TEST(ReadX86Words, AgreesWithTheCompilersRuntime) {
  const X86Features features = DecodeX86(ReadX86Words());
  EXPECT_EQ(features.avx2, __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(features.vaes_256, __builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx2"));
  EXPECT_EQ(features.vaes_512, features.vaes_256 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"));
  EXPECT_EQ(features.aes_ni, __builtin_cpu_supports("aes") != 0);
}
TEST(ReadX86Words, RandomInstructionsGiveNumbersWhereTheyExist) {
  const X86Features features = DecodeX86(ReadX86Words());
  const auto gives = [](std::optional<u64> (*execute)()) {
    for (int i = 0; i < 100'000; i++) {
      if (execute().has_value()) return true;
    }
    return false;
  };
  if (features.rdrand) EXPECT_TRUE(gives(ExecuteRdrand));
  if (features.rdseed) EXPECT_TRUE(gives(ExecuteRdseed));
}
#endif

}  // namespace
}  // namespace caponier::arch
