#include "tool/host/tree.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

TEST(Tree, ResolvesAbsoluteLinksInsideItself) {
  TempDir dir;
  dir.Write("usr/lib/libx.so.1.2", "x");
  dir.Link("lib", "usr/lib");
  dir.Link("usr/lib/libx.so", "/lib/libx.so.1.2");
  const Tree tree(dir.path() + "/");
  const auto found = tree.Resolve("/lib/libx.so");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path, "/usr/lib/libx.so.1.2");
  EXPECT_EQ(found->host_path, dir / "usr/lib/libx.so.1.2");
}

TEST(Tree, NeverClimbsOutOfItself) {
  TempDir dir;
  dir.Write("root/etc/passwd", "inside");
  dir.Write("etc/passwd", "outside");
  dir.Link("root/up", "../../../etc/passwd");
  const auto found = Tree(dir / "root").Resolve("/up");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->host_path, dir / "root/etc/passwd");
}

TEST(Tree, RefusesLoopsDanglingLinksAndFilesAsDirectories) {
  TempDir dir;
  dir.Link("a", "b");
  dir.Link("b", "a");
  dir.Link("nowhere", "gone");
  dir.Write("file", "");
  const Tree tree(dir.path());
  const auto error_of = [&](std::string_view path) {
    int error = 0;
    return tree.Resolve(path, &error).has_value() ? 0 : error;
  };
  EXPECT_EQ(error_of("/a"), ELOOP);
  EXPECT_EQ(error_of("/nowhere"), ENOENT);
  EXPECT_EQ(error_of("/file/x"), ENOTDIR);
  EXPECT_EQ(error_of("/file/"), ENOTDIR);
  EXPECT_EQ(error_of("/file"), 0);
  EXPECT_EQ(error_of("/" + std::string(5000, 'x')), ENAMETOOLONG);
  EXPECT_TRUE(tree.Resolve("/").has_value());
}

TEST(Paths, SplitJoinAndParts) {
  EXPECT_EQ(JoinPath(SplitPath("//a/./b//c/")), "/a/b/c");
  EXPECT_EQ(JoinPath(SplitPath("/")), "/");
  EXPECT_EQ(DirectoryOf("/a/b"), "/a");
  EXPECT_EQ(DirectoryOf("/a"), "/");
  EXPECT_EQ(BaseName("/a/b"), "b");
  EXPECT_EQ(BaseName("b"), "b");
}

}  // namespace
}  // namespace caponier::tool
