#include "lib/heap/size_class.h"

#include <gtest/gtest.h>

#include "lib/heap/cache.h"

namespace caponier::heap {
namespace {

TEST(SizeClass, EverySizeHasTheSmallestClassThatHoldsIt) {
  for (u64 bytes = 0; bytes <= kMaxSlotBytes; bytes++) {
    const u32 size_class = ClassFor(bytes);
    ASSERT_LT(size_class, kClassCount);
    ASSERT_GE(SlotBytes(size_class), bytes);
    ASSERT_TRUE(size_class == 0 || SlotBytes(size_class - 1) < bytes) << bytes;
    ASSERT_EQ(size_class, ComputeClass(bytes));
  }
}

TEST(SizeClass, SlotsAreWholeGranulesAndWasteAtMostAQuarter) {
  for (u32 size_class = 0; size_class < kClassCount; size_class++) {
    EXPECT_EQ(SlotBytes(size_class) % kGranule, 0u);
    if (size_class > 4) EXPECT_LE(4 * (SlotBytes(size_class) - SlotBytes(size_class - 1)), SlotBytes(size_class)) << size_class;
    EXPECT_LE(SlotBytes(size_class) - 1, u64{SlotBytes(size_class)});
  }
}

// A page, and whatever small thing a program puts beside it.
TEST(SizeClass, PagesWithALittleAroundThemWasteAnEighth) {
  for (u64 bytes = 4096; bytes < kMaxSlotBytes; bytes *= 2) {
    for (const u64 around : {u64{1}, kGranule, bytes / 8}) EXPECT_EQ(SlotBytes(ClassFor(bytes + around)), bytes + bytes / 8);
  }
}

// Every offset over the largest slab there can be.
TEST(SizeClass, OnlySlotsStartsHaveNumbers) {
  for (u32 size_class = 0; size_class < kClassCount; size_class++) {
    const u32 slot_bytes = SlotBytes(size_class), most = kMaxSlabBytes / slot_bytes;
    const u64 inverse = Inverse(slot_bytes);
    for (u32 offset = 0; offset < kMaxSlabBytes; offset++) {
      const u64 number = SlotNumber(offset, inverse);
      if (offset % slot_bytes == 0) ASSERT_EQ(number, offset / slot_bytes) << slot_bytes;
      else ASSERT_GE(number, most) << slot_bytes << " " << offset;
    }
  }
}

TEST(SizeClass, SlabsAndCachesHaveRoomForThemselves) {
  for (u32 size_class = 0; size_class < kClassCount; size_class++) {
    const u32 slot_bytes = SlotBytes(size_class);
    for (const u32 before : {0u, 4u, 8u, 32u, 1000u, 1u << 31}) {
      const SlabPlan plan = PlanSlab(slot_bytes, before & 0xffff, before >> 31 == 0);
      EXPECT_GE(plan.slots, 8u);
      EXPECT_LE(u64{plan.slots} * slot_bytes, plan.bytes);
      EXPECT_LE(plan.bytes, u64{plan.units} << kUnitBits);
      EXPECT_GT(1u << plan.order, plan.units) << "no guard unit";
      EXPECT_LE(plan.metadata_bytes(), kMaxSlotBytes);
    }
    for (u32 quarantine = 0; quarantine <= Settings::kMaxQuarantine; quarantine++) {
      const BinPlan plan = PlanBin(slot_bytes, quarantine);
      EXPECT_GT(plan.most(), plan.resting + plan.batch);
      EXPECT_LE(plan.resting, quarantine);
    }
  }
}

}  // namespace
}  // namespace caponier::heap
