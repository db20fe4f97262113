#include "kernel/boot/frame_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace caponier::boot {
namespace {

using testing::ElementsAre;

std::vector<u64> Pages(const BootInfo& info) {
  FrameCursor cursor;
  cursor.Init(info);
  std::vector<u64> pages;
  const u64 all = cursor.frames_left();
  while (const u64 frame = cursor.Next()) pages.push_back(frame >> kPageBits);
  EXPECT_EQ(pages.size(), all);
  EXPECT_EQ(cursor.frames_left(), 0u);
  return pages;
}

BootInfo WithPages(std::vector<std::pair<u64, u64>> ranges) {
  BootInfo info;
  info.early_end = ~u64{0};
  for (const auto& [first, end] : ranges) info.AddRam(first << kPageBits, (end - first) << kPageBits);
  return info;
}

TEST(FrameCursor, SkipsWhatIsReserved) {
  BootInfo info = WithPages({{1, 10}, {20, 22}});
  info.Reserve(3 * kPageSize + 1, kPageSize);  // two pages in part
  info.Reserve(9 * kPageSize, 13 * kPageSize);
  EXPECT_THAT(Pages(info), ElementsAre(1, 2, 5, 6, 7, 8));
}

TEST(FrameCursor, BeginsAtAnyFrameAndHandsOutEachOnce) {
  BootInfo info = WithPages({{1, 6}, {20, 22}, {30, 33}});
  info.Reserve(3 * kPageSize, kPageSize);
  info.early_end = 25 * kPageSize;
  const std::vector<u64> early{1, 2, 4, 5, 20, 21};
  for (u64 first = 0; first < early.size(); first++) {
    info.first_frame = first;
    std::vector<u64> expected = early;
    std::ranges::rotate(expected, expected.begin() + static_cast<std::ptrdiff_t>(first));
    expected.insert(expected.end(), {30, 31, 32});  // those that stage 1 does not reach stay last
    EXPECT_EQ(Pages(info), expected) << first;
  }
}

TEST(FrameCursor, CutsARangeThatStageOneReachesInPart) {
  BootInfo info = WithPages({{8, 12}, {1, 4}});
  info.early_end = 10 * kPageSize;
  info.first_frame = 3;
  FrameCursor cursor;
  cursor.Init(info);
  EXPECT_EQ(cursor.highest_end(), 12 * kPageSize);
  EXPECT_THAT(Pages(info), ElementsAre(2, 3, 8, 9, 1, 10, 11));
}

TEST(BootInfo, TheImageLeavesItsPlaceToOthers) {
  BootInfo info = WithPages({{1, 9}});
  info.image = {{2 * kPageSize}, 2 * kPageSize};
  info.Reserve(info.image.base.value, info.image.bytes);
  info.Reserve(8 * kPageSize, kPageSize);
  EXPECT_THAT(Pages(info), ElementsAre(1, 4, 5, 6, 7));
  info.MoveImage(5 * kPageSize);
  EXPECT_EQ(info.image.base.value, 5 * kPageSize);
  EXPECT_THAT(Pages(info), ElementsAre(1, 2, 3, 4, 7));
}

}  // namespace
}  // namespace caponier::boot
