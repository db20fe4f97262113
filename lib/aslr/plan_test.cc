// Whole layouts: no overlap, guards free, edges survived, promises kept or refused.
#include "lib/aslr/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "lib/aslr/program.h"
#include "lib/aslr/source_for_test.h"

namespace caponier::aslr {
namespace {

#if defined(NDEBUG)
constexpr int kPlans = 1'000'000;
#else
constexpr int kPlans = 20'000;
#endif

constexpr PageRange kKernelHalf47 = {u64{0xffff800000000}, kPageNumberEnd - 1};

// What a boot with 16 processors places.
std::vector<RegionRequest> BootRegions() {
  std::vector<RegionRequest> regions = {
      {Region::kKernelImage, 128, 1, 1},        {Region::kKernelStack, 8, 1, 1},      {Region::kFrameTable, 2048, 1, 1},
      {Region::kWindows, 64, 1, 1, 512},        {Region::kPageTables, 512, 1, 1},     {Region::kDescriptorTables, 3, 1, 1},
      {Region::kDeviceRegisters, 1, 1, 1},      {Region::kDeviceRegisters, 16, 1, 1}, {Region::kDeviceRing, 4, 1, 1},
      {Region::kHeapArena, u64{1} << 24, 1, 1},
  };
  for (int cpu = 0; cpu < 16; cpu++) regions.push_back({Region::kPerCpu, 2, 1, 1});
  return regions;
}

void ExpectApart(std::span<const PlacedRegion> layout, std::span<const PageRange> occupied, PageRange window) {
  std::vector<PageRange> ranges(occupied.begin(), occupied.end());
  for (const PlacedRegion& region : layout) ranges.push_back(region.with_guards());
  std::sort(ranges.begin(), ranges.end(), [](PageRange a, PageRange b) { return a.begin < b.begin; });
  for (size_t i = 1; i < ranges.size(); i++) ASSERT_LE(ranges[i - 1].end, ranges[i].begin);
  for (const PlacedRegion& region : layout) {
    ASSERT_GE(region.with_guards().begin, window.begin);
    ASSERT_LE(region.with_guards().end, window.end);
  }
}

TEST(Plan, NeverOverlapsInManyBoots) {
  std::vector<RegionRequest> regions = BootRegions();
  std::vector<PlacedRegion> layout(regions.size());
  SeededSource source(1);
  for (int i = 0; i < kPlans; i++) {
    ASSERT_TRUE(Plan(source, {kKernelHalf47, {}, regions}, layout).ok());
    ASSERT_NO_FATAL_FAILURE(ExpectApart(layout, {}, kKernelHalf47));
  }
}

// The window is so full that regions touch guards all the time and the exact path runs often.
TEST(Plan, NeverOverlapsInACrowdedWindow) {
  std::vector<RegionRequest> regions;
  for (u64 pages : {9, 1, 3, 5, 2, 7, 1, 4}) regions.push_back({Region::kMapping, pages, 1 + pages % 3, pages == 4 ? 4u : 1u});
  PageRange fixed[] = {{40, 50}, {20, 22}};
  PageRange window = {10, 110};
  std::vector<PlacedRegion> layout(regions.size());
  SeededSource source(2);
  int placed = 0;
  for (int i = 0; i < kPlans; i++) {
    Result<void> result = Plan(source, {window, fixed, regions}, layout, Promise::kBestEffort);
    if (!result.ok()) {
      ASSERT_EQ(result.error(), Error::kNoMemory);
      continue;
    }
    placed++;
    ASSERT_NO_FATAL_FAILURE(ExpectApart(layout, fixed, window));
  }
  EXPECT_GT(placed, kPlans / 20);
  EXPECT_LT(placed, kPlans);
}

TEST(Plan, SurvivesStreamsStuckAtAnEdge) {
  std::vector<RegionRequest> regions = BootRegions();
  std::vector<PlacedRegion> layout(regions.size());
  for (Edge edge : {Edge::kLow, Edge::kHigh, Edge::kAlternating}) {
    EdgeSource source(edge);
    ASSERT_TRUE(Plan(source, {kKernelHalf47, {}, regions}, layout).ok());
    ASSERT_NO_FATAL_FAILURE(ExpectApart(layout, {}, kKernelHalf47));
  }
}

TEST(Plan, IsAPureFunctionOfTheStream) {
  std::vector<RegionRequest> regions = BootRegions();
  std::vector<PlacedRegion> first(regions.size()), second(regions.size()), other(regions.size());
  SeededSource a(7), b(7), c(8);
  ASSERT_TRUE(Plan(a, {kKernelHalf47, {}, regions}, first).ok());
  ASSERT_TRUE(Plan(b, {kKernelHalf47, {}, regions}, second).ok());
  ASSERT_TRUE(Plan(c, {kKernelHalf47, {}, regions}, other).ok());
  for (size_t i = 0; i < regions.size(); i++) {
    EXPECT_EQ(first[i].first_page, second[i].first_page);
    EXPECT_NE(first[i].first_page, other[i].first_page);
    EXPECT_EQ(first[i].region, regions[i].region);
  }
}

TEST(Plan, RefusesALayoutThatBreaksItsPromise) {
  PlacedRegion placed[1];
  SeededSource source(3);
  auto plan = [&](PageRange window, RegionRequest request) {
    return Plan(source, {window, {}, std::span(&request, 1)}, std::span(placed));
  };
  EXPECT_TRUE(plan(kKernelHalf47, {Region::kKernelImage, u64{1} << 27, 1, 1}).ok());
  EXPECT_EQ(plan(kKernelHalf47, {Region::kKernelImage, u64{1} << 29, 1, 1}).error(), Error::kOutOfRange);
  EXPECT_EQ(plan(kKernelHalf47, {Region::kKernelImage, 16, 1, 512}).error(), Error::kOutOfRange);  // 2 MiB steps: 26 bits
  EXPECT_EQ(plan(kUserWindowLow2G, {Region::kProgramImage, 16, 1, 1}).error(), Error::kOutOfRange);
  EXPECT_EQ(plan({0, 8}, {Region::kProgramImage, 16, 1, 1}).error(), Error::kNoMemory);
  // Half the space may be mapped before a mapping's promise breaks.
  EXPECT_TRUE(plan(kKernelHalf47, {Region::kMapping, u64{1} << 34, 1, 1}).ok());
}

TEST(Plan, RefusesBadInput) {
  PlacedRegion placed[2];
  SeededSource source(4);
  RegionRequest request;
  EXPECT_EQ(Plan(source, {kKernelHalf47, {}, std::span(&request, 1)}, std::span(placed)).error(), Error::kInvalidArgument);
  PageRange overlapping[] = {{20, 30}, {25, 35}};
  EXPECT_EQ(Plan(source, {kUserWindow47, overlapping, std::span(&request, 1)}, std::span(placed, 1)).error(), Error::kExists);
  std::vector<RegionRequest> many(kMaxPlanned + 1);
  std::vector<PlacedRegion> layout(many.size());
  EXPECT_EQ(Plan(source, {kKernelHalf47, {}, many}, layout).error(), Error::kInvalidArgument);
}

TEST(PlanProgram, KeepsEverythingApartAndBelowTheTop) {
  PageRange fixed[] = {PagesOf(0x400000, 0x960000), PagesOf(0x960000, 0xa00000)};
  SeededSource source(5);
  for (int i = 0; i < kPlans / 10; i++) {
    ProgramDescription program;
    if (i % 2 == 0) {
      program.fixed = fixed;
    } else {
      program.image_pages = 300;
    }
    if (i % 3 != 0) program.interpreter_pages = 60;
    Result<ProgramLayout> result = PlanProgram(source, program);
    ASSERT_TRUE(result.ok());
    ProgramLayout layout = result.value();
    EXPECT_EQ(layout.image_page == 0, i % 2 == 0);
    EXPECT_EQ(layout.interpreter_page == 0, i % 3 == 0);
    EXPECT_EQ(layout.stack_offset % 16, 0u);
    EXPECT_LT(layout.stack_offset, kPageSize);
    std::vector<PlacedRegion> placed = {
        {Region::kProgramStack, layout.stack_page, program.stack_pages, program.stack_guard_pages},
        {Region::kBreak, layout.break_page, program.break_pages, 1},
        {Region::kVdso, layout.vdso_page, program.vdso_pages, 1}};
    if (layout.image_page != 0) placed.push_back({Region::kProgramImage, layout.image_page, 300, 1});
    if (layout.interpreter_page != 0) placed.push_back({Region::kInterpreter, layout.interpreter_page, 60, 1});
    ASSERT_NO_FATAL_FAILURE(ExpectApart(placed, program.fixed, kUserWindow47));
  }
}

TEST(MakeCanary, HasAZeroByteFirstInMemoryAndKeepsTheRest) {
  EdgeSource ones(Edge::kHigh);
  EXPECT_EQ(MakeCanary(ones), 0xffffffffffffff00u);
  SeededSource source(6);
  u64 set = 0, cleared = 0;
  for (int i = 0; i < 200; i++) {
    u64 canary = MakeCanary(source);
    EXPECT_EQ(canary & 0xff, 0u);
    set |= canary;
    cleared |= ~canary;
  }
  EXPECT_EQ(set, 0xffffffffffffff00u);
  EXPECT_EQ(cleared, ~u64{0});
}

TEST(MakeStackOffset, TakesEveryStepEquallyOften) {
  EnumeratingSource source;
  std::vector<u64> offsets;
  while (source.NextPath()) offsets.push_back(MakeStackOffset(source));
  ASSERT_EQ(offsets.size(), 256u);
  for (u64 i = 0; i < 256; i++) EXPECT_EQ(offsets[i], i * 16);
}

}  // namespace
}  // namespace caponier::aslr
