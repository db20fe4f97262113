#include "tool/host/libraries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tool/failure.h"
#include "tool/testing/make_elf_for_test.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

using testing::HasSubstr;

constexpr char kLoader[] = "/lib64/ld-linux-x86-64.so.2";

class LibrariesTest : public testing::Test {
 protected:
  LibrariesTest() { dir_.Write("lib64/ld-linux-x86-64.so.2", MakeElf({}), 0755); }

  // What is packed for a program of this recipe at /bin/prog; the failure's line when it fails.
  std::string Collect(const ElfRecipe& recipe, std::string_view library_path = "", std::vector<Tree> trees = {}) {
    dir_.Write("bin/prog", MakeElf(recipe), 0755);
    const MappedFile file(dir_ / "bin/prog");
    const Tree tree(dir_.path());
    if (trees.empty()) trees = {tree};
    try {
      LibraryCollector collector(files_, trees, recipe.arch, library_path);
      collector.AddProgram(tree, "/bin/prog", ReadProgram(file.bytes(), "prog"));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.status(), 126);
      return failure.what();
    }
    return "";
  }
  void Relative(const ElfRecipe& recipe, std::string_view library_path = "") {
    dir_.Write("bin/prog", MakeElf(recipe), 0755);
    const MappedFile file(dir_ / "bin/prog");
    LibraryCollector collector(files_, {Tree(dir_.path())}, recipe.arch, library_path, "/start");
    collector.AddProgram(Tree(dir_.path()), "/bin/prog", ReadProgram(file.bytes(), "prog"));
  }
  void Library(const std::string& path, const ElfRecipe& recipe = {}) { dir_.Write(path, MakeElf(recipe)); }
  bool Has(const std::string& path) const { return files_.Find(path) != nullptr; }

  TempDir dir_;
  FileSet files_;
};

TEST_F(LibrariesTest, StaticProgramsNeedNothing) {
  EXPECT_EQ(Collect({}), "");
  EXPECT_TRUE(files_.entries().empty());
}

TEST_F(LibrariesTest, FollowsNeedsOfNeeds) {
  Library("usr/lib/liba.so", {.needed = {"libb.so", "libc-odd.so"}});
  Library("usr/lib/libb.so", {.needed = {"liba.so"}});  // needs that go round
  Library("lib/x86_64-linux-gnu/libc-odd.so");
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"liba.so"}}), "");
  for (const char* path :
       {"/lib64/ld-linux-x86-64.so.2", "/usr/lib/liba.so", "/usr/lib/libb.so", "/lib/x86_64-linux-gnu/libc-odd.so"}) {
    EXPECT_TRUE(Has(path)) << path;
  }
}

TEST_F(LibrariesTest, KeepsSymbolicLinksOnTheWay) {
  Library("usr/lib/libreal.so.1.2.3");
  dir_.Link("usr/lib/libl.so.1", "libreal.so.1.2.3");
  dir_.Link("lib", "usr/lib");
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"libl.so.1"}}), "");
  ASSERT_TRUE(Has("/lib"));
  EXPECT_TRUE(files_.Find("/lib")->is_symlink());
  ASSERT_TRUE(Has("/usr/lib/libl.so.1"));
  EXPECT_TRUE(files_.Find("/usr/lib/libl.so.1")->is_symlink());
  EXPECT_TRUE(S_ISREG(files_.Find("/usr/lib/libreal.so.1.2.3")->mode));
}

TEST_F(LibrariesTest, SearchesInTheLoadersOrder) {
  for (const char* path : {"rpath/liba.so", "env/liba.so", "run/liba.so", "usr/lib/liba.so"}) Library(path);
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"liba.so"}, .rpath = "/rpath"}, "/env"), "");
  EXPECT_TRUE(Has("/rpath/liba.so"));
  files_ = {};
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"liba.so"}, .runpath = "/run"}, "/env"), "");
  EXPECT_TRUE(Has("/env/liba.so"));
  files_ = {};
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"liba.so"}, .rpath = "/rpath", .runpath = "/run"}), "");
  EXPECT_TRUE(Has("/run/liba.so"));  // DT_RUNPATH silences DT_RPATH
  EXPECT_FALSE(Has("/rpath/liba.so"));
}

TEST_F(LibrariesTest, RelativeNamesAreMeantFromWhereTheProgramStarts) {
  for (const char* path : {"start/liba.so", "start/sub/libb.so", "start/sub/libc.so", "start/sub/libd.so"}) Library(path);
  Relative({.interpreter = kLoader, .needed = {"liba.so"}}, ":/absent");  // an empty element is where it starts
  EXPECT_TRUE(Has("/start/liba.so"));
  Relative({.interpreter = kLoader, .needed = {"libb.so"}}, "sub");
  EXPECT_TRUE(Has("/start/sub/libb.so"));
  Relative({.interpreter = kLoader, .needed = {"libc.so"}, .runpath = "sub"});
  EXPECT_TRUE(Has("/start/sub/libc.so"));
  Relative({.interpreter = kLoader, .needed = {"./sub/libd.so"}});
  EXPECT_TRUE(Has("/start/sub/libd.so"));
  Library("start/ld.so");
  EXPECT_THROW(Relative({.interpreter = "ld.so", .needed = {}}), Failure);
}

TEST_F(LibrariesTest, RpathIsInheritedAndRunpathIsNot) {
  Library("usr/lib/liba.so", {.needed = {"libb.so"}});
  Library("priv/libb.so");
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"liba.so"}, .rpath = "/priv"}), "");
  EXPECT_TRUE(Has("/priv/libb.so"));
  files_ = {};
  EXPECT_THAT(Collect({.interpreter = kLoader, .needed = {"liba.so"}, .runpath = "/priv"}),
              HasSubstr("the library libb.so is not found"));
}

TEST_F(LibrariesTest, ExpandsOrigin) {
  Library("opt/x/lib/liba.so", {.needed = {"libb.so"}, .runpath = "${ORIGIN}/more"});
  Library("opt/x/lib/more/libb.so");
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"liba.so"}, .runpath = "$ORIGIN/../opt/x/lib"}), "");
  EXPECT_TRUE(Has("/opt/x/lib/more/libb.so"));
}

TEST_F(LibrariesTest, LinksWhatOnlyTheConfigurationFinds) {
  dir_.Write("etc/ld.so.conf", "# comment\ninclude ld.so.conf.d/*.conf\n");
  dir_.Write("etc/ld.so.conf.d/one.conf", "  /opt/odd  \n");
  Library("opt/odd/liba.so");
  std::filesystem::create_directories(dir_ / "lib/x86_64-linux-gnu");
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"liba.so"}}), "");
  EXPECT_TRUE(Has("/opt/odd/liba.so"));
  ASSERT_TRUE(Has("/lib/x86_64-linux-gnu/liba.so"));
  EXPECT_EQ(files_.Find("/lib/x86_64-linux-gnu/liba.so")->text, "/opt/odd/liba.so");
}

TEST_F(LibrariesTest, PassesOverAnotherArchitecture) {
  Library("lib/x86_64-linux-gnu/liba.so", {.arch = Arch::kAarch64});
  Library("usr/lib/liba.so");
  dir_.Write("lib/libb.so", "INPUT(libb.so.1)");  // a linker script
  std::string class32 = MakeElf({});
  class32[4] = 1;
  dir_.Write("lib/libc32.so", class32);
  Library("usr/lib/libc32.so");
  Library("usr/lib/libb.so");
  EXPECT_EQ(Collect({.interpreter = kLoader, .needed = {"liba.so", "libb.so", "libc32.so"}}), "");
  EXPECT_TRUE(Has("/usr/lib/liba.so"));
  EXPECT_TRUE(Has("/usr/lib/libc32.so"));
  EXPECT_TRUE(Has("/usr/lib/libb.so"));
}

TEST_F(LibrariesTest, TakesFromTheNextTreeWhatTheFirstLacks) {
  TempDir other;
  other.Write("lib/ld-linux-aarch64.so.1", MakeElf({.arch = Arch::kAarch64}), 0755);
  other.Write("lib/liba.so", MakeElf({.arch = Arch::kAarch64}));
  std::filesystem::create_directories(dir_ / "usr/lib");
  dir_.Link("lib", "usr/lib");
  EXPECT_EQ(Collect({.arch = Arch::kAarch64, .interpreter = "/lib/ld-linux-aarch64.so.1", .needed = {"liba.so"}}, "",
                    {Tree(dir_.path()), Tree(other.path())}),
            "");
  EXPECT_TRUE(Has("/lib/liba.so") || Has("/usr/lib/liba.so"));
}

TEST_F(LibrariesTest, SaysWhatIsMissing) {
  EXPECT_THAT(Collect({.interpreter = "/lib/ld-absent.so"}), HasSubstr("its interpreter /lib/ld-absent.so is not found"));
  EXPECT_THAT(Collect({.interpreter = kLoader, .needed = {"libz-absent.so"}}),
              HasSubstr("the library libz-absent.so is not found"));
}

TEST_F(LibrariesTest, MuslsLoaderIsItsLibrary) {
  dir_.Write("lib/ld-musl-x86_64.so.1", MakeElf({}), 0755);
  dir_.Write("etc/ld-musl-x86_64.path", "/musl/lib\n");
  Library("musl/lib/liba.so", {.needed = {"libc.so"}});
  EXPECT_EQ(Collect({.interpreter = "/lib/ld-musl-x86_64.so.1",
                     .needed = {"liba.so", "libc.so", "libc.musl-x86_64.so.1", "libpthread.so.0"}}),
            "");
  EXPECT_THAT(Collect({.interpreter = "/lib/ld-musl-x86_64.so.1", .needed = {"libcap.so.2"}}),
              HasSubstr("the library libcap.so.2 is not found"));
  EXPECT_TRUE(Has("/musl/lib/liba.so"));
  EXPECT_TRUE(Has("/etc/ld-musl-x86_64.path"));
}

TEST(ReadProgram, NamesWhatIsWrong) {
  const std::string whole = MakeElf({.interpreter = kLoader, .needed = {"liba.so"}});
  for (size_t size = 0; size < whole.size(); size++) {
    try {
      ReadProgram(AsBytes(std::string_view(whole).substr(0, size)), "prog");
      ADD_FAILURE() << size;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.status(), 126);
      EXPECT_THAT(failure.what(), HasSubstr("prog: cannot be executed: "));
    }
  }
  EXPECT_EQ(ReadProgram(AsBytes(whole), "prog").interpreter, kLoader);
}

}  // namespace
}  // namespace caponier::tool
