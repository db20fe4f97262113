#include "tool/pack/heap_library.h"

#include <gtest/gtest.h>

#include "tool/failure.h"
#include "tool/pack/environment.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

TEST(HeapLibrary, IsPreloadedBeforeOthers) {
  TempDir dir;
  dir.Write("heap.so", "library");
  GuestPlan plan;
  plan.environment = {"A=1", "LD_PRELOAD=/other.so"};
  EXPECT_FALSE(HasHeapLibrary(plan));
  AddHeapLibrary(plan, dir / "heap.so");
  EXPECT_TRUE(HasHeapLibrary(plan));
  EXPECT_EQ(LookUp(plan.environment, "LD_PRELOAD"), std::string(kHeapLibraryPlace) + ":/other.so");
}

TEST(HeapLibrary, IsTheOneForTheProgramsCLibrary) {
  GuestPlan plan;
  plan.interpreter = "/lib/ld-linux-aarch64.so.1";
  EXPECT_EQ(CLibraryOf(plan), std::nullopt);  // Go's programs come without the library
  plan.files.AddSymlink("/lib/aarch64-linux-gnu/libc.so.6", "libc-2.31.so");
  plan.files.AddText("/lib/aarch64-linux-gnu/libc-2.31.so", "GLIBC_2.30 GLIBC_2.31");
  EXPECT_EQ(CLibraryOf(plan), std::nullopt);  // too old
  plan.files.AddText("/usr/lib/aarch64-linux-gnu/libc.so.6", "GLIBC_2.33 GLIBC_2.34 GLIBC_2.36");
  EXPECT_EQ(CLibraryOf(plan), CLibrary::kGlibc);
  plan.interpreter = "/lib/ld-musl-x86_64.so.1";
  EXPECT_EQ(CLibraryOf(plan), CLibrary::kMusl);
}

TEST(HeapLibrary, IsNotForStaticProgramsAndOtherCLibraries) {
  GuestPlan plan;
  EXPECT_EQ(CLibraryOf(plan), std::nullopt);
  plan.interpreter = "/system/bin/linker64";
  EXPECT_EQ(CLibraryOf(plan), std::nullopt);
}

}  // namespace
}  // namespace caponier::tool
