#include "tool/pack/guest_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tool/failure.h"
#include "tool/pack/environment.h"
#include "tool/testing/make_elf_for_test.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class GuestPlanTest : public testing::Test {
 protected:
  GuestPlan Plan(std::vector<std::string> program, RunOptions options = {}) {
    options.program = std::move(program);
    return PlanGuest(options, {dir_.path(), {"PATH=" + (dir_ / "bin")}});
  }
  std::pair<int, std::string> FailureOf(std::vector<std::string> program, RunOptions options = {}) {
    try {
      Plan(std::move(program), std::move(options));
    } catch (const Failure& failure) {
      return {failure.status(), failure.what()};
    }
    return {0, "planned"};
  }
  bool Has(const GuestPlan& plan, const std::string& path) const { return plan.files.Find(path) != nullptr; }

  TempDir dir_;
};

TEST_F(GuestPlanTest, PacksTheProgramAtItsOwnPath) {
  dir_.Write("bin/prog", MakeElf({}), 0755);
  const GuestPlan plan = Plan({"prog", "a", "b"});
  EXPECT_EQ(plan.exe, dir_ / "bin/prog");
  EXPECT_THAT(plan.arguments, ElementsAre("prog", "a", "b"));
  EXPECT_EQ(plan.workdir, dir_.path());
  EXPECT_TRUE(Has(plan, dir_ / "bin/prog"));
  EXPECT_TRUE(Has(plan, "/tmp"));
  EXPECT_TRUE(Has(plan, "/etc/passwd"));
}

TEST_F(GuestPlanTest, PacksFilesThatArgumentsName) {
  dir_.Write("bin/prog", MakeElf({}), 0755);
  dir_.Write("data.txt", "x");
  dir_.Write("sub/inner", "y");
  dir_.Write("untouched", "z");
  dir_.Write("in", "i");
  dir_.Write("settings", "s");
  const GuestPlan plan = Plan({"./bin/prog", "data.txt", "sub", "absent", "--option", "", "if=in", "--config=settings", "x="});
  EXPECT_TRUE(Has(plan, dir_ / "in"));
  EXPECT_TRUE(Has(plan, dir_ / "settings"));
  EXPECT_TRUE(Has(plan, dir_ / "data.txt"));
  EXPECT_TRUE(Has(plan, dir_ / "sub/inner"));
  EXPECT_FALSE(Has(plan, dir_ / "untouched"));
  // Directories elsewhere are the machine's own: `find /usr` must not carry the host's in.
  EXPECT_FALSE(Has(Plan({"./bin/prog", "/usr"}), "/usr/bin"));
}

TEST_F(GuestPlanTest, WithBringsMore) {
  dir_.Write("bin/prog", MakeElf({}), 0755);
  dir_.Write("more/inner", "y");
  RunOptions options;
  options.with = {"more"};
  EXPECT_TRUE(Has(Plan({"prog"}, options), dir_ / "more/inner"));
  options.with = {"absent"};
  EXPECT_EQ(FailureOf({"prog"}, options), (std::pair<int, std::string>{125, "--with absent: not found"}));
}

TEST_F(GuestPlanTest, WhatComesWithBringsItsLibraries) {
  dir_.Write("bin/prog", MakeElf({}), 0755);
  dir_.Write("library/libneeded.so.1", MakeElf({}));
  dir_.Write("more/module.so", MakeElf({.needed = {"libneeded.so.1", "libabsent.so"}, .runpath = dir_ / "library"}));
  dir_.Write("library/libaddon.so.1", MakeElf({}));
  dir_.Write("more/addon.node", MakeElf({.needed = {"libaddon.so.1"}, .runpath = dir_ / "library"}));
  dir_.Write("more/damaged.so",
             "\x7f"
             "ELF and no more");
  RunOptions options;
  EXPECT_FALSE(Has(Plan({"prog"}, options), dir_ / "library/libneeded.so.1"));
  options.with = {"more"};
  const GuestPlan plan = Plan({"prog"}, options);
  EXPECT_TRUE(Has(plan, dir_ / "more/damaged.so"));
  EXPECT_TRUE(Has(plan, dir_ / "library/libneeded.so.1"));
  EXPECT_TRUE(Has(plan, dir_ / "library/libaddon.so.1"));
}

TEST_F(GuestPlanTest, FollowsScripts) {
  dir_.Write("bin/interp", MakeElf({}), 0755);
  const std::string script = dir_.Write("bin/script", "#!" + (dir_ / "bin/interp") + " -x y\n", 0755);
  const std::string outer = dir_.Write("bin/outer", "#!" + script + "\n", 0755);
  EXPECT_THAT(Plan({"script", "arg"}).arguments, ElementsAre(dir_ / "bin/interp", "-x y", script, "arg"));
  const GuestPlan plan = Plan({"outer"});
  EXPECT_THAT(plan.arguments, ElementsAre(dir_ / "bin/interp", "-x y", script, outer));
  EXPECT_EQ(plan.exe, dir_ / "bin/interp");
  EXPECT_TRUE(Has(plan, outer));
  dir_.Write("bin/loop", "#!" + (dir_ / "bin/loop") + "\n", 0755);
  EXPECT_EQ(FailureOf({"loop"}).first, 126);
  dir_.Write("bin/orphan", "#!/no/such/interpreter\n", 0755);
  EXPECT_EQ(FailureOf({"orphan"}).first, 126);
}

TEST_F(GuestPlanTest, ScriptsKnowTheNameTheyWereCalledBy) {
  dir_.Write("bin/interp", MakeElf({}), 0755);
  dir_.Write("bin/script", "#!bin/interp\n", 0755);  // from where it is started, as Linux has it
  EXPECT_THAT(Plan({"./bin/script"}).arguments, ElementsAre("bin/interp", "./bin/script"));
  EXPECT_THAT(Plan({"script"}).arguments, ElementsAre("bin/interp", dir_ / "bin/script"));
  RunOptions elsewhere;
  elsewhere.workdir = "/tmp";
  EXPECT_EQ(FailureOf({"./bin/script"}, elsewhere).first, 126);
  dir_.Write("bin/script", "#!" + (dir_ / "bin/interp") + "\n", 0755);
  EXPECT_THAT(Plan({"./bin/script"}, elsewhere).arguments, ElementsAre(dir_ / "bin/interp", dir_.path() + "/./bin/script"));
}

TEST_F(GuestPlanTest, FindsLibrariesFromWhereTheProgramStarts) {
  const std::string loader = dir_.Write("lib/ld-test.so", MakeElf({}), 0755);
  dir_.Write("lib/libhere.so", MakeElf({}));
  dir_.Write("bin/prog", MakeElf({.interpreter = loader, .needed = {"libhere.so"}}), 0755);
  EXPECT_EQ(FailureOf({"prog"}).first, 126);
  RunOptions options;
  options.environment = {"LD_LIBRARY_PATH=lib"};
  EXPECT_TRUE(Has(Plan({"prog"}, options), dir_ / "lib/libhere.so"));
  options.environment = {"LD_LIBRARY_PATH=:"};
  options.workdir = "lib";
  EXPECT_TRUE(Has(Plan({"prog"}, options), dir_ / "lib/libhere.so"));
}

TEST_F(GuestPlanTest, RefusesWhatIsNoProgram) {
  dir_.Write("bin/text", "hello", 0755);
  dir_.Write("bin/empty", "", 0755);
  dir_.Write("bin/cut", MakeElf({}).substr(0, 70), 0755);
  for (const char* name : {"text", "empty", "cut"}) EXPECT_EQ(FailureOf({name}).first, 126) << name;
  EXPECT_EQ(FailureOf({"absent"}).first, 127);
  dir_.Write("bin/arm", MakeElf({.arch = Arch::kAarch64}), 0755);
  EXPECT_EQ(Plan({"arm"}).arch, Arch::kAarch64);
  RunOptions options;
  options.arch = Arch::kX86_64;
  EXPECT_THAT(FailureOf({"arm"}, options).second, HasSubstr("it is a program for aarch64, not x86_64"));
}

TEST_F(GuestPlanTest, AsksForNoTaggedHeapWhereTheProgramRelocatesItself) {
  dir_.Write("bin/self", MakeElf({.arch = Arch::kAarch64}), 0755);
  dir_.Write("bin/loaded", MakeElf({.arch = Arch::kAarch64, .interpreter = "/lib/ld.so"}), 0755);
  dir_.Write("lib/ld.so", MakeElf({.arch = Arch::kAarch64}), 0755);
  RunOptions options;
  EXPECT_EQ(LookUp(Plan({"self"}, options).environment, "GLIBC_TUNABLES"), std::nullopt);
  options.root = dir_ / "";
  EXPECT_NE(LookUp(Plan({"/bin/loaded"}, options).environment, "GLIBC_TUNABLES"), std::nullopt);
  EXPECT_EQ(LookUp(Plan({"/bin/self"}, options).environment, "GLIBC_TUNABLES"), std::nullopt);
}

TEST_F(GuestPlanTest, FindsTheFolderThatAForeignProgramLivesIn) {
  dir_.Write("sysroot/usr/bin/prog",
             MakeElf({.arch = Arch::kAarch64, .interpreter = "/lib/ld-linux-aarch64.so.1", .needed = {"liba.so"}}), 0755);
  dir_.Write("sysroot/lib/ld-linux-aarch64.so.1", MakeElf({.arch = Arch::kAarch64}), 0755);
  dir_.Write("sysroot/lib/liba.so", MakeElf({.arch = Arch::kAarch64}));
  const GuestPlan plan = Plan({dir_ / "sysroot/usr/bin/prog"});
  EXPECT_EQ(plan.exe, "/usr/bin/prog");
  EXPECT_TRUE(Has(plan, "/lib/liba.so"));
}

TEST_F(GuestPlanTest, NamesAreLookedUpInASysroot) {
  dir_.Write("sysroot/usr/bin/prog", MakeElf({.arch = Arch::kAarch64}), 0755);
  RunOptions options;
  options.sysroot = "sysroot";
  EXPECT_EQ(Plan({"prog"}, options).exe, "/usr/bin/prog");
  options.sysroot = "absent";
  EXPECT_EQ(FailureOf({"prog"}, options), (std::pair<int, std::string>{125, "--sysroot absent: not found"}));
}

TEST_F(GuestPlanTest, ARootIsTheWholeMachine) {
  dir_.Write("root/bin/prog", MakeElf({}), 0755);
  dir_.Write("root/etc/motd", "m");
  RunOptions options;
  options.root = "root";
  const GuestPlan plan = Plan({"prog", "etc/motd"}, options);
  EXPECT_EQ(plan.exe, "/bin/prog");
  EXPECT_EQ(plan.workdir, "/");
  EXPECT_TRUE(Has(plan, "/etc/motd"));
  EXPECT_FALSE(Has(plan, "/etc/passwd"));
  EXPECT_TRUE(Has(plan, "/proc"));
  dir_.Write("root/bin/dynamic", MakeElf({.interpreter = "/lib/ld-absent.so"}), 0755);
  EXPECT_THAT(FailureOf({"dynamic"}, options).second, HasSubstr("its interpreter /lib/ld-absent.so is not in --root"));
  options.root = "root/etc/motd";
  EXPECT_EQ(FailureOf({"prog"}, options).second, "--root root/etc/motd: not a directory");
}

}  // namespace
}  // namespace caponier::tool
