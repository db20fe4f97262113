#include "lib/unwind/walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace caponier::unwind {
namespace {

constexpr Place kBelowCfa{Place::Of::kCfa, -8};

class Walk : public testing::Test {
 protected:
  u64 At(size_t index) const { return reinterpret_cast<u64>(&words_[index]); }
  Stack stack() const { return {At(0), At(16)}; }
  Frame frame() const { return {.pc = 1, .stack_pointer = At(0), .frame_pointer = At(4)}; }

  u64 words_[17] = {};
};

TEST_F(Walk, GoesByTheStackPointer) {
  words_[2] = 77;
  words_[1] = 55;
  Frame now = frame();
  ASSERT_TRUE(
      StepToCaller({.cfa_offset = 24, .frame_pointer = {Place::Of::kCfa, -16}, .return_address = kBelowCfa}, stack(), &now));
  EXPECT_EQ(now.pc, 77u);
  EXPECT_EQ(now.stack_pointer, At(3));
  EXPECT_EQ(now.frame_pointer, 55u);
}

// A function that aligns its stack keeps the CFA in memory, and its caller's frame pointer where its own one points.
TEST_F(Walk, GoesByWhatAnAlignedFrameKeeps) {
  words_[3] = At(9);
  words_[4] = 55;
  words_[8] = 77;
  Frame now = frame();
  ASSERT_TRUE(StepToCaller({.base = FrameRule::Base::kInMemoryAtFramePointer,
                            .cfa_offset = -8,
                            .frame_pointer = {Place::Of::kFramePointer, 0},
                            .return_address = kBelowCfa},
                           stack(), &now));
  EXPECT_EQ(now.pc, 77u);
  EXPECT_EQ(now.stack_pointer, At(9));
  EXPECT_EQ(now.frame_pointer, 55u);
}

TEST_F(Walk, ALeafsCallerIsInTheLinkRegister) {
  Frame now = frame();
  now.return_address = 88;
  ASSERT_TRUE(StepToCaller({}, stack(), &now));
  EXPECT_EQ(now.pc, 88u);
  EXPECT_EQ(now.stack_pointer, At(0));
  // Only the innermost function has it there.
  EXPECT_FALSE(StepToCaller({}, stack(), &now));
}

TEST_F(Walk, StaysInTheStackAndGoesUp) {
  std::fill(std::begin(words_), std::end(words_), 77);
  for (const i32 offset : {-8, 0, 8, 9, 17 * 8, 1 << 30}) {
    Frame now = frame();
    now.stack_pointer = At(1);
    EXPECT_FALSE(StepToCaller({.cfa_offset = offset - 8, .return_address = kBelowCfa}, stack(), &now)) << offset;
  }
  Frame now = frame();
  EXPECT_FALSE(StepToCaller({.outermost = true, .cfa_offset = 24, .return_address = kBelowCfa}, stack(), &now));
}

TEST_F(Walk, GoesByFrameRecords) {
  words_[4] = At(10);
  words_[5] = 77;
  words_[6] = 88;
  Frame now = frame();
  ASSERT_TRUE(StepByRecord(stack(), &now));
  EXPECT_EQ(now.pc, 77u);
  EXPECT_EQ(now.stack_pointer, At(6));
  EXPECT_EQ(now.frame_pointer, At(10));
  now.frame_pointer = At(5);  // down again
  EXPECT_FALSE(StepByRecord(stack(), &now));
  now = frame();
  now.frame_pointer = At(15);
  EXPECT_FALSE(StepByRecord(stack(), &now));
}

}  // namespace
}  // namespace caponier::unwind
