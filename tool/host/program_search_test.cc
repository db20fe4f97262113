#include "tool/host/program_search.h"

#include <gtest/gtest.h>

#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

int StatusOf(const Tree& tree, std::string_view program, std::string_view path, std::string_view directory = "/") {
  try {
    FindProgram(tree, program, path, directory);
  } catch (const Failure& failure) {
    return failure.status();
  }
  return 0;
}

TEST(FindProgram, TakesTheFirstExecutableOnThePath) {
  TempDir dir;
  dir.Write("one/prog", "not executable", 0644);
  dir.Write("two/prog", "", 0755);
  dir.Write("three/prog", "", 0755);
  const Tree tree(dir.path());
  EXPECT_EQ(FindProgram(tree, "prog", "/none:/one:/two:/three", "/"), "/two/prog");
  EXPECT_EQ(FindProgram(tree, "prog", ":/three", "/two"), "/two/prog");  // an empty entry is where we are
  EXPECT_EQ(FindProgram(tree, "prog", "two", "/"), "//two/prog");
}

TEST(FindProgram, PassesOverVersionManagersShims) {
  TempDir dir;
  dir.Write("manager/shims/prog", "#!/bin/sh\n", 0755);
  dir.Write("bin/prog", "", 0755);
  const Tree tree(dir.path());
  EXPECT_EQ(FindProgram(tree, "prog", "/manager/shims:/bin", "/"), "/bin/prog");
  EXPECT_EQ(FindProgram(tree, "/manager/shims/prog", "", "/"), "/manager/shims/prog");
}

TEST(FindProgram, GivesTheShellsStatuses) {
  TempDir dir;
  dir.Write("bin/plain", "", 0644);
  std::filesystem::create_directory(dir / "bin/folder");
  const Tree tree(dir.path());
  EXPECT_EQ(StatusOf(tree, "absent", "/bin"), 127);
  EXPECT_EQ(StatusOf(tree, "/bin/absent", ""), 127);
  EXPECT_EQ(StatusOf(tree, "", "/bin"), 127);
  EXPECT_EQ(StatusOf(tree, "plain", "/bin"), 126);
  EXPECT_EQ(StatusOf(tree, "./plain", "", "/bin"), 126);
  EXPECT_EQ(StatusOf(tree, "/bin/folder", ""), 126);
  EXPECT_EQ(StatusOf(tree, "/bin/plain/", ""), 126);
  EXPECT_EQ(StatusOf(tree, "folder", "/bin"), 127);  // a directory on PATH is passed over
}

}  // namespace
}  // namespace caponier::tool
