#include <gtest/gtest.h>

#include "lib/arch/arm_tag_instructions.h"

namespace caponier::arch {
namespace {

// Each pair is what llvm-mc makes of the text beside it.
struct Case {
  const char* text;
  u32 with, without;
};

constexpr Case kCases[] = {
    {"irg x0, sp -> mov x0, sp", 0x9adf13e0, 0x910003e0},
    {"irg sp, x29 -> mov sp, x29", 0x9adf13bf, 0x910003bf},
    {"irg x3, x4, x5 -> add x3, x4, #0", 0x9ac51083, 0x91000083},
    {"addg x1, x0, #0, #1 -> add x1, x0, #0", 0x91800401, 0x91000001},
    {"addg x19, x20, #1008, #15 -> add x19, x20, #1008", 0x91bf3e93, 0x910fc293},
    {"addg sp, x1, #16, #0 -> add sp, x1, #16", 0x9181003f, 0x9100403f},
    {"subg x2, sp, #32, #3 -> sub x2, sp, #32", 0xd1820fe2, 0xd10083e2},
    {"stg x1, [x2] -> nop", 0xd9200841, 0xd503201f},
    {"st2g sp, [sp, #-4096] -> nop", 0xd9b00bff, 0xd503201f},
    {"stg sp, [x9], #16 -> add x9, x9, #16", 0xd920153f, 0x91004129},
    {"st2g x8, [x9], #32 -> add x9, x9, #32", 0xd9a02528, 0x91008129},
    {"st2g sp, [sp], #4080 -> add sp, sp, #4080", 0xd9aff7ff, 0x913fc3ff},
    {"st2g sp, [sp, #-32]! -> sub sp, sp, #32", 0xd9bfefff, 0xd10083ff},
    {"stg x0, [x1, #-4096]! -> sub x1, x1, #1, lsl #12", 0xd9300c20, 0xd1400421},
};

TEST(WithoutTags, DoesTheSame) {
  for (const Case& one : kCases) {
    EXPECT_TRUE(MayHaveTags(one.with)) << one.text;
    EXPECT_EQ(WithoutTags(one.with), one.without) << one.text;
  }
}

TEST(WithoutTags, LeavesOthers) {
  constexpr Case kOthers[] = {
      {"stzg x0, [x1]", 0xd9600820, 0},           {"stz2g x0, [x1], #32", 0xd9e02420, 0},
      {"stgp x0, x1, [x2]", 0x69000440, 0},       {"ldg x0, [x1]", 0xd9600020, 0},
      {"stzgm x0, [x1]", 0xd9200020, 0},          {"stgm x0, [x1]", 0xd9a00020, 0},
      {"ldgm x0, [x1]", 0xd9e00020, 0},           {"gmi x0, x1, x2", 0x9ac21420, 0},
      {"subp x0, x1, x2", 0x9ac20020, 0},         {"add x0, x1, #16", 0x91004020, 0},
      {"sub x0, x1, #1, lsl #12", 0xd1400420, 0}, {"ldapur x0, [x1]", 0xd9400020, 0},
      {"udiv x0, x1, x2", 0x9ac20820, 0},         {"nop", 0xd503201f, 0},
  };
  for (const Case& one : kOthers) EXPECT_EQ(WithoutTags(one.with), one.with) << one.text;
}

}  // namespace
}  // namespace caponier::arch
