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
constexpr PageRange kKernelHalf56 = {u64{0xff00000000000}, kPageNumberEnd - 1};  // x86-64 with five levels of page tables
constexpr PageRange kKernelHalf48 = {u64{0xffff000000000}, kPageNumberEnd - 1};
constexpr PageRange kUserWindow48 = {16, (u64{1} << 36) - 1};

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

// What stage 1 places in a machine with that much memory: the frame table grows with it.
std::vector<RegionRequest> KernelRegions(u64 memory_bytes) {
  constexpr u64 kFrameInfoBytes = 16;
  return {{Region::kKernelImage, 160, 1, 1},
          {Region::kKernelStack, 8, 1, 1},
          {Region::kFrameTable, PagesFor((memory_bytes >> kPageBits) * kFrameInfoBytes) + 1, 1, 1},
          {Region::kWindows, 64, 1, 1, 512},
          {Region::kPageTables, 1, 1, 1},
          {Region::kHeapArena, 64, 1, 1}};
}
constexpr u64 kLeastMemory = 16 * kMiB, kMostMemory = 32 * kGiB;

// Calls visit(words) for all streams that repeat three words of zeros, ones, and what lies beside them and between. A fourth word lets a draw
// end for which the reduction takes none of the three.
template <typename Visit>
void ForEachExtremeStream(Visit&& visit) {
  constexpr u64 kWords[] = {0,
                            1,
                            0xffff'ffff,
                            0x5555'5555'5555'5555,
                            0x7fff'ffff'ffff'ffff,
                            0x8000'0000'0000'0000,
                            0xaaaa'aaaa'aaaa'aaaa,
                            0xffff'ffff'0000'0000,
                            0xffff'ffff'ffff'fffe,
                            0xffff'ffff'ffff'ffff};
  for (u64 first : kWords) {
    for (u64 second : kWords) {
      for (u64 third : kWords) {
        const u64 words[] = {first, second, third, 0x0123'4567'89ab'cdef};
        visit(std::span(words));
      }
    }
  }
}

TEST(Plan, SurvivesExtremeStreamsWithLittleMemoryAndMuch) {
  for (PageRange half : {kKernelHalf47, kKernelHalf48, kKernelHalf56}) {
    for (u64 memory = kLeastMemory; memory <= kMostMemory; memory *= 2) {
      const std::vector<RegionRequest> regions = KernelRegions(memory);
      std::vector<PlacedRegion> layout(regions.size());
      ForEachExtremeStream([&](std::span<const u64> words) {
        WordSource source(words);
        ASSERT_TRUE(Plan(source, {half, {}, regions}, layout).ok());
        ASSERT_NO_FATAL_FAILURE(ExpectApart(layout, {}, half));
        ASSERT_EQ(layout[3].first_page / 512, (layout[3].first_page + layout[3].pages - 1) / 512);  // the windows' one table
      });
    }
  }
}

// One draw at an edge of its range, the others apart from each other inside theirs.
class OneAtAnEdgeSource {
 public:
  OneAtAnEdgeSource(size_t draw, Edge edge) : draw_(draw), edge_(edge) {}
  u64 Uniform(u64 bound) {
    const size_t draw = draws_++;
    if (draw == draw_) return edge_ == Edge::kLow ? 0 : bound - 1;
    return bound / 16 * (draw + 1);
  }
  u64 Next() { return Uniform(~u64{0}); }

 private:
  size_t draw_, draws_ = 0;
  Edge edge_;
};

TEST(Plan, PutsEachRegionAtBothEndsOfItsHalf) {
  for (PageRange half : {kKernelHalf47, kKernelHalf48, kKernelHalf56}) {
    for (u64 memory : {kLeastMemory, kMostMemory}) {
      const std::vector<RegionRequest> regions = KernelRegions(memory);
      std::vector<PlacedRegion> layout(regions.size());
      for (size_t i = 0; i < regions.size(); i++) {
        OneAtAnEdgeSource low(i, Edge::kLow), high(i, Edge::kHigh);
        ASSERT_TRUE(Plan(low, {half, {}, regions}, layout).ok());
        ASSERT_NO_FATAL_FAILURE(ExpectApart(layout, {}, half));
        EXPECT_EQ(layout[i].with_guards().begin, half.begin) << NameOf(regions[i].region);
        ASSERT_TRUE(Plan(high, {half, {}, regions}, layout).ok());
        ASSERT_NO_FATAL_FAILURE(ExpectApart(layout, {}, half));
        EXPECT_EQ(layout[i].with_guards().end, half.end) << NameOf(regions[i].region);
      }
    }
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
  EXPECT_TRUE(plan(kUserWindow47, {Region::kProgramImage, 16, 1, 512}).ok());                      // which its author wants
  EXPECT_EQ(placed[0].first_page % 512, 0u);
  EXPECT_EQ(plan(kUserWindowLow2G, {Region::kProgramImage, 16, 1, 512}).error(), Error::kOutOfRange);
  EXPECT_EQ(plan(kUserWindowLow2G, {Region::kProgramImage, 16, 1, 1}).error(), Error::kOutOfRange);
  EXPECT_EQ(plan({0, 8}, {Region::kProgramImage, 16, 1, 1}).error(), Error::kNoMemory);
  // With the bits of 57-bit addresses, not of 56.
  EXPECT_TRUE(plan(kKernelHalf56, {Region::kKernelImage, u64{1} << 36, 1, 1}).ok());
  EXPECT_EQ(plan(kKernelHalf56, {Region::kKernelImage, 160, 1, 2}).error(), Error::kOutOfRange);
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

TEST(PlanProgram, SurvivesExtremeStreamsWithImagesOfAnySizeAndLaterMappings) {
  for (PageRange window : {kUserWindow47, kUserWindow48}) {
    const PageRange lowest = {window.begin, window.begin + 300}, highest = {window.end - 300, window.end};
    for (const PageRange* fixed : {static_cast<const PageRange*>(nullptr), &lowest, &highest}) {
      for (u64 pages : {u64{1}, u64{300}, u64{1} << 20}) {
        ProgramDescription program{.window = window, .interpreter_pages = pages};
        if (fixed != nullptr) {
          program.fixed = std::span(fixed, 1);
        } else {
          program.image_pages = pages;
        }
        ForEachExtremeStream([&](std::span<const u64> words) {
          WordSource source(words);
          const Result<ProgramLayout> planned = PlanProgram(source, program);
          ASSERT_TRUE(planned.ok());
          const ProgramLayout layout = planned.value();
          ASSERT_EQ(layout.stack_offset % kStackStep, 0u);
          ASSERT_LT(layout.stack_offset, kPageSize);
          std::vector<PlacedRegion> placed = {
              {Region::kInterpreter, layout.interpreter_page, pages, 1},
              {Region::kProgramStack, layout.stack_page, program.stack_pages, program.stack_guard_pages},
              {Region::kBreak, layout.break_page, program.break_pages, 1},
              {Region::kVdso, layout.vdso_page, program.vdso_pages, 1}};
          if (fixed == nullptr) placed.push_back({Region::kProgramImage, layout.image_page, pages, 1});
          RangeSet<32> taken;
          for (const PageRange& range : program.fixed) ASSERT_TRUE(taken.Insert(range).ok());
          for (const PlacedRegion& region : placed) ASSERT_TRUE(taken.Insert(region.with_guards()).ok());
          for (u64 mapping = 1; mapping <= 8; mapping++) {
            const Result<u64> page = Place(source, {.pages = mapping}, window, taken);
            ASSERT_TRUE(page.ok());
            placed.push_back({Region::kMapping, page.value(), mapping, 1});
            ASSERT_TRUE(taken.Insert(placed.back().with_guards()).ok());
          }
          ASSERT_NO_FATAL_FAILURE(ExpectApart(placed, program.fixed, window));
        });
      }
    }
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
