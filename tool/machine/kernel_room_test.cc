#include "tool/machine/kernel_room.h"

#include <gtest/gtest.h>

namespace caponier::tool {
namespace {

TEST(KernelRoom, EndsBelowTheArchiveOfAMicrovm) {
  const KernelRoom room = RoomForKernel(Arch::kX86_64, 128 * kMiB, 5 * kMiB);
  EXPECT_EQ(room.begin, kMiB);
  EXPECT_EQ(room.end, 123 * kMiB - kPageSize);
  EXPECT_EQ(RoomForKernel(Arch::kX86_64, 128 * kMiB, 5 * kMiB - 1).end, room.end + kPageSize);
  EXPECT_EQ(RoomForKernel(Arch::kX86_64, 128 * kMiB, 5 * kMiB - kPageSize).end, room.end + kPageSize);
  EXPECT_EQ(RoomForKernel(Arch::kX86_64, 32 * kGiB, kMiB).end, 3 * kGiB - kMiB - kPageSize);
}

TEST(KernelRoom, LeavesTheArchiveBehindTheImageOfAVirtMachine) {
  const KernelRoom room = RoomForKernel(Arch::kAarch64, 128 * kMiB, 5 * kMiB + 1);
  EXPECT_EQ(room.memory, kGiB);
  EXPECT_EQ(room.begin, kGiB + kPageSize);
  EXPECT_EQ(room.end, kGiB + 121 * kMiB - kPageSize);
  // Where that is little, the image stands below it.
  EXPECT_EQ(RoomForKernel(Arch::kAarch64, 16 * kMiB, 6 * kMiB + 1).end, kGiB + 8 * kMiB);
}

TEST(KernelRoom, MayBeNone) {
  for (const Arch arch : {Arch::kX86_64, Arch::kAarch64}) {
    const KernelRoom room = RoomForKernel(arch, kMiB, 64 * kMiB);
    EXPECT_LT(room.end, room.memory + kMiB);
  }
}

TEST(MemoryFor, GrowsWithTheFilesAndHoldsThem) {
  EXPECT_EQ(MemoryFor(0), 128 * kMiB);
  EXPECT_EQ(MemoryFor(48 * kMiB), 128 * kMiB);
  EXPECT_EQ(MemoryFor(48 * kMiB + 1), 305 * kMiB);
  EXPECT_EQ(MemoryFor(1792 * kMiB), 2 * kGiB);
  EXPECT_EQ(MemoryFor(~u64{0}), 2 * kGiB);
  for (const Arch arch : {Arch::kX86_64, Arch::kAarch64}) {
    for (u64 files = 0; files <= 1792 * kMiB; files += 7 * kMiB)
      EXPECT_TRUE(ArchiveFits(arch, MemoryFor(files), files, 8 * kMiB));
  }
}

TEST(ArchiveFits, WithTheDeviceTreeBehindIt) {
  EXPECT_TRUE(ArchiveFits(Arch::kAarch64, 8 * kMiB + 64 * kKiB, 2 * kMiB, 0));
  EXPECT_FALSE(ArchiveFits(Arch::kAarch64, 8 * kMiB + 60 * kKiB, 2 * kMiB + kPageSize, 0));
  EXPECT_TRUE(ArchiveFits(Arch::kX86_64, 8 * kMiB, 5 * kMiB, kMiB));
  EXPECT_FALSE(ArchiveFits(Arch::kX86_64, 8 * kMiB, 5 * kMiB + 1, kMiB));
}

}  // namespace
}  // namespace caponier::tool
