#include "kernel/fs/file_data.h"

#include <string>

#include "gtest/gtest.h"
#include "kernel/fs/for_test/machine.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/window.h"

namespace caponier::fs {
namespace {

using for_test::FramesInUse;

class FileDataTest : public testing::Test {
 protected:
  static u64 Write(FileData& data, std::string_view text, u64 offset) {
    mm::IoBuffer from = mm::IoBuffer::Kernel(AsBytes(text));
    return data.Write(from, offset).value_or(~u64{0});
  }
  static std::string Read(FileData& data, u64 offset, u64 bytes) {
    std::string text(bytes, '?');
    mm::IoBuffer to = mm::IoBuffer::Kernel(std::as_writable_bytes(std::span(text.data(), text.size())));
    text.resize(data.Read(to, offset).value());
    return text;
  }
  static std::string Contents(PhysAddr frame) {
    mm::Window window(frame, mm::Window::kRead);
    return std::string(AsText(window.bytes()));
  }
  for_test::Machine machine_;
};

TEST_F(FileDataTest, HolesReadAsZeroesAndTakeNoFrames) {
  FileData data;
  const u64 before = FramesInUse();
  EXPECT_EQ(Write(data, "end", 10 * kPageSize), 3u);
  EXPECT_EQ(FramesInUse() - before, 1u);
  EXPECT_EQ(data.size(), 10 * kPageSize + 3);
  EXPECT_EQ(Read(data, kPageSize - 1, 3), std::string(3, '\0'));
  EXPECT_EQ(Read(data, 10 * kPageSize - 1, 10), std::string("\0end", 4));
  EXPECT_EQ(data.NextData(5), 10 * kPageSize);
  EXPECT_EQ(data.NextHole(10 * kPageSize), data.size());
}

TEST_F(FileDataTest, WhatWasCutOffIsZeroWhenTheFileGrowsAgain) {
  FileData data;
  Write(data, "secret secret", 0);
  ASSERT_TRUE(data.Truncate(3).ok());
  const PhysAddr frame = data.Page(0, false).value();
  EXPECT_EQ(Contents(frame), "sec" + std::string(kPageSize - 3, '\0')) << "a mapping shows what is behind the end";
  mm::ReleaseFrame(frame);
  ASSERT_TRUE(data.Truncate(13).ok());
  EXPECT_EQ(Read(data, 0, 13), std::string("sec\0\0\0\0\0\0\0\0\0\0", 13));
}

TEST_F(FileDataTest, BytesStoredPastTheEndThroughAMappingStayHidden) {
  FileData data;
  Write(data, "abc", 0);
  const PhysAddr frame = data.Page(0, true).value();
  {
    mm::Window window(frame, mm::Window::kWrite);
    window.data()[3] = std::byte{'X'};
  }
  Write(data, "z", 10);
  EXPECT_EQ(Read(data, 0, 11), std::string("abc\0\0\0\0\0\0\0z", 11));
  mm::ReleaseFrame(frame);
}

TEST_F(FileDataTest, AnExecutedFrameIsNeverWritten) {
  FileData data;
  Write(data, "code", 0);
  const PhysAddr executed = data.Page(0, false).value();
  mm::InfoOf(executed).executable_mappings = 1;
  Write(data, "evil", 0);
  EXPECT_EQ(Contents(executed).substr(0, 4), "code");
  EXPECT_EQ(Read(data, 0, 4), "evil");
  // The same for a writable mapping, for cutting and for punching.
  const PhysAddr second = data.Page(0, false).value();
  mm::InfoOf(second).executable_mappings = 1;
  const PhysAddr writable = data.Page(0, true).value();
  EXPECT_NE(writable, second);
  mm::InfoOf(writable).executable_mappings = 1;
  ASSERT_TRUE(data.Truncate(1).ok());
  EXPECT_EQ(Contents(writable).substr(0, 4), "evil");
  for (const PhysAddr frame : {executed, second, writable}) mm::ReleaseFrame(frame);
}

TEST_F(FileDataTest, AMappedPageOutlivesTruncation) {
  FileData data;
  Write(data, std::string(2 * kPageSize, 'x'), 0);
  const PhysAddr frame = data.Page(1, true).value();
  ASSERT_TRUE(data.Truncate(kPageSize).ok());
  EXPECT_EQ(data.Page(1, false).error(), Error::kOutOfRange);
  EXPECT_EQ(mm::InfoOf(frame).references, 1u);
  mm::ReleaseFrame(frame);
}

TEST_F(FileDataTest, FreshPagesNeverShowWhatMemoryHeld) {
  FileData data;  // the pretend machine's frames are full of 0xa5
  Write(data, "a", kPageSize + 7);
  EXPECT_EQ(Read(data, kPageSize, 8), std::string("\0\0\0\0\0\0\0a", 8));
  const PhysAddr hole = data.Page(0, false).value();
  EXPECT_EQ(Contents(hole), std::string(kPageSize, '\0'));
  const PhysAddr tail = data.Page(1, false).value();
  EXPECT_EQ(Contents(tail).substr(8), std::string(kPageSize - 8, '\0'));
  ASSERT_TRUE(data.Allocate(4 * kPageSize, 10, true).ok());
  EXPECT_EQ(Read(data, 4 * kPageSize, 10), std::string(10, '\0'));
  mm::ReleaseFrame(hole);
  mm::ReleaseFrame(tail);
}

TEST_F(FileDataTest, AFaultHalfWayLeavesZeroesNotLeftovers) {
  FileData data;
  Write(data, "abc", 0);
  static char source[2 * kPageSize];
  for_test::Forbid(source, sizeof(source));
  mm::IoBuffer from = mm::IoBuffer::User(reinterpret_cast<u64>(source), 100);
  EXPECT_EQ(data.Write(from, 3).error(), Error::kBadAddress);
  EXPECT_EQ(data.size(), 3u);
  ASSERT_TRUE(data.Truncate(50).ok());
  EXPECT_EQ(Read(data, 0, 50), "abc" + std::string(47, '\0'));
}

TEST_F(FileDataTest, NoMemoryIsNoSpaceAndWhatFittedCounts) {
  FileData data;
  for_test::LimitFrames(2);
  EXPECT_EQ(Write(data, std::string(5 * kPageSize, 'x'), 0), 2 * kPageSize);
  mm::IoBuffer more = mm::IoBuffer::Kernel(AsBytes("y"));
  EXPECT_EQ(data.Write(more, 2 * kPageSize).error(), Error::kNoSpace);
  EXPECT_EQ(data.Allocate(0, 100 * kPageSize, true).error(), Error::kNoSpace);
}

TEST_F(FileDataTest, AByteFarOutDoesNotEatTheMachine) {
  FileData data;
  for_test::LimitFrames(1000);
  mm::IoBuffer from = mm::IoBuffer::Kernel(AsBytes("x"));
  EXPECT_EQ(data.Write(from, u64{1} << 50).error(), Error::kNoSpace);
  EXPECT_EQ(data.Write(from, ~u64{0}).error(), Error::kFileTooLarge);
  EXPECT_EQ(Write(data, "x", u64{1} << 28), 1u);
}

TEST_F(FileDataTest, PunchingFreesPagesAndZeroesEdges) {
  FileData data;
  Write(data, std::string(4 * kPageSize, 'x'), 0);
  const u64 before = FramesInUse();
  ASSERT_TRUE(data.Punch(kPageSize / 2, 2 * kPageSize).ok());
  EXPECT_EQ(before - FramesInUse(), 1u);
  const std::string all = Read(data, 0, 4 * kPageSize);
  EXPECT_EQ(all, std::string(kPageSize / 2, 'x') + std::string(2 * kPageSize, '\0') + std::string(kPageSize * 3 / 2, 'x'));
}

TEST_F(FileDataTest, AllFramesComeBack) {
  const u64 before = FramesInUse();
  {
    FileData data;
    Write(data, std::string(9 * kPageSize + 5, 'x'), 3);
    data.Punch(kPageSize, kPageSize).value();
  }
  EXPECT_EQ(FramesInUse(), before);
}

}  // namespace
}  // namespace caponier::fs
