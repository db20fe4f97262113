#include "tool/bench/heap_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

using ::testing::HasSubstr;

// Each is what llvm-mc makes of the text beside it.
struct Case {
  const char* text;
  u32 instruction;
  u64 granules;
};
constexpr Case kCases[] = {
    {"stg x1, [x2]", 0xd9200841, 1},
    {"stg x1, [x2], #16", 0xd9201441, 1},
    {"st2g x1, [x2, #-32]!", 0xd9bfec41, 2},
    {"stzg x0, [x1]", 0xd9600820, 1},
    {"stz2g x0, [x1], #32", 0xd9e02420, 2},
    {"stgp x1, x2, [x3]", 0x69000861, 1},
    {"stgp x1, x2, [x3], #16", 0x68808861, 1},
    {"stgp x1, x2, [x3, #-16]!", 0x69bf8861, 1},
    {"dc gva, x3", 0xd50b7463, 32},
    {"dc gzva, x3", 0xd50b7483, 32},
    {"dc zva, x3", 0xd50b7423, 0},
    {"ldg x1, [x2]", 0xd9600041, 0},
    {"ldgm x1, [x2]", 0xd9e00041, 0},
    {"irg x1, x2", 0x9adf1041, 0},
    {"ldpsw x1, x2, [x3]", 0x69400861, 0},
    {"stp x1, x2, [x3]", 0xa9000861, 0},
    {"stp w1, w2, [x3]", 0x29000861, 0},
    {"ldp d0, d1, [x2]", 0x6d400440, 0},
    {"hint #96", 0xd5032c1f, 0},
    {"ret", 0xd65f03c0, 0},
};

TEST(GranulesTagged, OfEachInstruction) {
  for (const Case& one : kCases) EXPECT_EQ(GranulesTagged(one.instruction, 512), one.granules) << one.text;
  EXPECT_EQ(GranulesTagged(0xd50b7463, 64), 4u);
}

// As QEMU 10 writes it: what a block has is told before it first runs. The first block holds the first mark, the last one the second.
const std::string kStart =
    "----------------\nIN: \n"
    "0x7f01:  d503201f  nop      \n"
    "0x7f05:  d5032c1f  hint     #0x60\n"
    "0x7f09:  d9200841  .byte    0x41, 0x08, 0x20, 0xd9\n"
    "0x7f0d:  14000000  b        #0x7f10\n"
    "\n"
    "zero block 64\n"
    "Trace 0: 0x7f789bc00100 [80009301/0000000000007f01/00000001/00000201] \n";
const std::string kLoop =
    "----------------\nIN: malloc\n"
    "0x00ff10:  d50b7463  .byte    0x63, 0x74, 0x0b, 0xd5\n"
    "0x00ff14:  d65f03c0  ret      \n"
    "\n"
    "Trace 0: 0x7f789bc00200 [80009301/000000000000ff10/00000001/00000201] malloc\n"
    "Trace 0: 0x7f789bc00200 [80009301/000000000000ff10/00000001/00000201] malloc\n";
const std::string kEnd =
    "----------------\nIN: main\n"
    "0x00ff20:  d503201f  nop      \n"
    "0x00ff24:  d5032c3f  hint     #0x61\n"
    "0x00ff28:  d9200841  .byte    0x41, 0x08, 0x20, 0xd9\n"
    "\n"
    "Trace 0: 0x7f789bc00300 [80009301/000000000000ff20/00000001/00000201] main\n"
    "Trace 0: 0x7f789bc00200 [80009301/000000000000ff10/00000001/00000201] malloc\n";

TEST(ExecutionCounter, CountsBetweenTheMarks) {
  ExecutionCounter counter;
  counter.Read(kStart + kLoop);
  EXPECT_FALSE(counter.complete());
  counter.Read(kEnd);
  EXPECT_TRUE(counter.complete());
  EXPECT_EQ(counter.instructions(), 2u + 2 * 2 + 1);
  EXPECT_EQ(counter.granules(), 1u + 2 * 4);
}

TEST(ExecutionCounter, PiecesOfAnyLengthAreTheSame) {
  const std::string all = kStart + kLoop + kEnd;
  for (size_t length = 1; length < 90; length++) {
    ExecutionCounter counter;
    for (size_t at = 0; at < all.size(); at += length) counter.Read(std::string_view(all).substr(at, length));
    ASSERT_TRUE(counter.complete()) << length;
    ASSERT_EQ(counter.instructions(), 7u) << length;
    ASSERT_EQ(counter.granules(), 9u) << length;
  }
}

TEST(ExecutionCounter, ABlockThatIsToldAgainReplacesItsFormer) {
  ExecutionCounter counter;
  counter.Read(kStart + kLoop);
  counter.Read("IN: \n0xff10:  d503201f  nop      \n\nTrace 0: 0x1 [0/ff10/0/0] \n");
  EXPECT_EQ(counter.instructions(), 2u + 2 * 2 + 1);
  EXPECT_EQ(counter.granules(), 1u + 2 * 4);
}

TEST(ExecutionCounter, WhatWasNotToldIsNoCount) {
  ExecutionCounter counter;
  counter.Read(kStart);
  EXPECT_THROW(counter.Read("Trace 0: 0x1 [0/ff10/0/0] \n"), Failure);
  ExecutionCounter lines;
  for (const char* line : {"0x7f01:\n", "0x7f01\n", "0x7f01:  d503201f  nop\n", "Trace 0\n", "\n", "zero block \n"})
    lines.Read(line);
  EXPECT_FALSE(lines.complete());
}

EmulatedHeap Fake(const std::string& name, const std::string& script) { return {name, {"/bin/sh", "-c", script, "sh"}}; }

TEST(BenchHeapTags, EachSizeIsCountedOverEachThatIsThere) {
  const EmulatedHeap heaps[] = {Fake("fake", "printf '%s' '" + kStart + kLoop + kEnd + "'; test $1 -ge 16 && test $2 -gt 0"),
                                {"gone", {}, "no gone.so"}};
  const size_t sizes[] = {16, 2000};
  const Json result = CountHeaps(heaps, sizes, 3);
  ASSERT_EQ(result["counts"].size(), 2u);
  EXPECT_EQ(result["counts"][1]["bytes"], 2000);
  const double instructions = result["counts"][1]["instructions_per_pair"],
               granules = result["counts"][1]["granules_tagged_per_pair"];
  EXPECT_GT(instructions, 0);
  EXPECT_NEAR(granules / instructions, 9.0 / 7, 1e-9);
  const std::string tables = CountTables(result);
  for (const char* expected : {"instructions a pair", "granules tagged a pair", "2000 B", "fake", "absent: gone (no gone.so)"})
    EXPECT_THAT(tables, HasSubstr(expected));
}

TEST(BenchHeapTags, AProgramThatFailsEndsIt) {
  const size_t sizes[] = {16};
  for (const char* script : {"exit 3", "true", "kill -SEGV $$"}) {
    const EmulatedHeap heaps[] = {Fake("failing", script)};
    EXPECT_THROW(CountHeaps(heaps, sizes, 1), Failure) << script;
  }
}

TEST(BenchHeapTags, WhatIsMissingIsNamed) {
  EXPECT_EQ(FindEmulatedHeap("glibc", "/nonexistent", "", "/bin/true").absent,
            "no /nonexistent/emulator-user/usr/bin/qemu-aarch64");
}

}  // namespace
}  // namespace caponier::tool::bench
