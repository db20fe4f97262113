// The layout without randomness: side by side, where Linux would put it, and around an image that cannot move.
#include "lib/aslr/packed.h"

#include <gtest/gtest.h>

namespace caponier::aslr {
namespace {

constexpr ProgramDescription kDynamic{.image_pages = 10, .interpreter_pages = 50};

TEST(PackProgram, StandsSideBySideAndIsTheSameEachTime) {
  const ProgramLayout layout = PackProgram(kDynamic).value();
  EXPECT_EQ(layout.stack_page + kDynamic.stack_pages, kDynamic.window.end);
  EXPECT_EQ(layout.stack_offset, 0u);
  EXPECT_EQ(layout.image_page, u64{0x555555554});  // as Linux without randomisation: 0x555555554000
  EXPECT_EQ(layout.break_page, layout.image_page + kDynamic.image_pages);
  EXPECT_EQ(layout.interpreter_page + kDynamic.interpreter_pages, PackedMappingsEnd(kDynamic.window));
  EXPECT_EQ(layout.vdso_page + kDynamic.vdso_pages, layout.interpreter_page);
  const ProgramLayout again = PackProgram(kDynamic).value();
  EXPECT_EQ(again.vdso_page, layout.vdso_page);
}

TEST(PackProgram, GoesAroundAFixedImage) {
  const PageRange image{0x400, 0x500};
  ProgramDescription program = kDynamic;
  program.image_pages = 0;
  program.fixed = std::span(&image, 1);
  const ProgramLayout layout = PackProgram(program).value();
  EXPECT_EQ(layout.image_page, 0u);
  EXPECT_EQ(layout.break_page, image.end);
  // One that stands where the interpreter would pushes it down.
  const PageRange high{PackedMappingsEnd(program.window) - 10, PackedMappingsEnd(program.window)};
  program.fixed = std::span(&high, 1);
  program.break_pages = 1;
  EXPECT_EQ(PackProgram(program).value().interpreter_page + program.interpreter_pages, high.begin);
  // One that leaves no room for the break is refused.
  program.break_pages = kBreakPages;
  EXPECT_FALSE(PackProgram(program).ok());
}

TEST(PlaceHighest, FillsGapsFromTheTop) {
  RangeSet<4> taken;
  ASSERT_TRUE(taken.Insert({90, 95}).ok());
  ASSERT_TRUE(taken.Insert({50, 80}).ok());
  EXPECT_EQ(PlaceHighest(Unguarded(5, 1), {10, 100}, taken).value(), 95u);
  EXPECT_EQ(PlaceHighest(Unguarded(6, 1), {10, 100}, taken).value(), 84u);
  EXPECT_EQ(PlaceHighest(Unguarded(6, 8), {10, 100}, taken).value(), 80u);
  EXPECT_EQ(PlaceHighest(Unguarded(11, 1), {10, 100}, taken).value(), 39u);
  EXPECT_EQ(PlaceHighest(Unguarded(41, 1), {10, 100}, taken).error(), Error::kNoMemory);
  EXPECT_EQ(PlaceHighest(Unguarded(0, 1), {10, 100}, taken).error(), Error::kInvalidArgument);
}

TEST(PlaceHighest, KeepsGuardsAndBlocks) {
  RangeSet<4> taken;
  ASSERT_TRUE(taken.Insert({90, 95}).ok());
  EXPECT_EQ(PlaceHighest({.pages = 3}, {10, 100}, taken).value(), 96u);
  EXPECT_EQ(PlaceHighest({.pages = 4}, {10, 100}, taken).value(), 85u);
  // 64..95 is the highest block that is free for so much below 90.
  EXPECT_EQ(PlaceHighest({.pages = 20, .block = 32}, {10, 100}, taken).value(), 69u);
}

TEST(PackRegions, StandsOneBelowTheOtherWithGuards) {
  const RegionRequest requests[] = {{.region = Region::kKernelImage, .pages = 100},
                                    {.region = Region::kWindows, .pages = 64, .block = 512},
                                    {.region = Region::kHeapArena, .pages = 64}};
  PlacedRegion placed[3];
  ASSERT_TRUE(PackRegions({.window = {4096, 8192}, .regions = requests}, placed).ok());
  EXPECT_EQ(placed[0].first_page, 8192u - 101);
  EXPECT_EQ(placed[1].first_page, 8192u - 102 - 65);
  EXPECT_EQ(placed[2].first_page, 8192u - 102 - 66 - 65);
  PlacedRegion tight[3];
  EXPECT_EQ(PackRegions({.window = {8000, 8192}, .regions = requests}, tight).error(), Error::kNoMemory);
}

}  // namespace
}  // namespace caponier::aslr
