#include "tool/pack/file_set.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"
#include "tool/unique_fd.h"

namespace caponier::tool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Names(const FileSet& files) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : files.entries()) names.push_back(name);
  return names;
}

std::string WholeTreeFailure(const TempDir& dir) {
  FileSet files;
  try {
    files.AddWholeTree(Tree(dir.path()));
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), 125);
    return failure.what();
  }
  return "accepted";
}

TEST(FileSet, LeavesNothingOutThatItCannotName) {
  TempDir dir;
  const std::string name(200, 'd');
  UniqueFd at(open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
  for (int depth = 0; depth < 25; depth++) {  // beyond PATH_MAX
    ASSERT_EQ(mkdirat(at.get(), name.c_str(), 0755), 0);
    at = UniqueFd(openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY));
  }
  FileSet files;
  try {
    files.AddAll(Tree(), dir.path());
    ADD_FAILURE() << "packed in part";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("cannot read " + dir.path()));
    EXPECT_THAT(failure.what(), HasSubstr("File name too long"));
  }
}

TEST(FileSet, AddsTheWayToAFile) {
  TempDir dir;
  dir.Write("usr/lib/x/file", "abc", 0640);
  dir.Link("lib", "usr/lib");
  dir.Write("usr/lib/other", "");
  FileSet files;
  EXPECT_EQ(files.Add(Tree(dir.path()), "/lib/x/../x/file"), "/usr/lib/x/file");
  EXPECT_THAT(Names(files), ElementsAre("lib", "usr", "usr/lib", "usr/lib/x", "usr/lib/x/file"));
  EXPECT_EQ(files.Find("/usr/lib/x/file")->mode, S_IFREG | 0640u);
  EXPECT_EQ(files.Find("/usr/lib/x/file")->size, 3u);
  EXPECT_EQ(files.Add(Tree(dir.path()), "/absent"), "");
}

TEST(FileSet, LinksOfOneTreeLeadNamesOfAnother) {
  TempDir merged, split;
  std::filesystem::create_directories(merged / "usr/lib");
  merged.Link("lib", "usr/lib");
  split.Write("lib/liba.so", "a");
  FileSet files;
  files.Add(Tree(merged.path()), "/lib");
  // The name leads to /usr/lib in the machine, and the second tree has no such file: it must not be lost or doubled.
  EXPECT_EQ(files.Add(Tree(split.path()), "/lib/liba.so"), "/usr/lib/liba.so");
  EXPECT_EQ(files.Find("/usr/lib/liba.so")->host_path, split / "lib/liba.so");
}

TEST(FileSet, AddsEverythingBelowThroughAFilter) {
  TempDir dir;
  dir.Write("d/keep/a", "");
  dir.Write("d/drop/b", "");
  dir.Link("d/keep/link", "nowhere");
  FileSet files;
  files.AddAll(Tree(dir.path()), "/d", [](const std::string& path) { return path != "/d/drop"; });
  EXPECT_THAT(Names(files), ElementsAre("d", "d/keep", "d/keep/a", "d/keep/link"));
}

TEST(FileSet, MadeUpEntriesYieldToRealOnes) {
  TempDir dir;
  dir.Write("etc/hosts", "real");
  FileSet files;
  files.Add(Tree(dir.path()), "/etc/hosts");
  files.AddText("/etc/hosts", "made up");
  files.AddText("/a/b/c", "text", 0600);
  EXPECT_EQ(files.Find("/etc/hosts")->host_path, dir / "etc/hosts");
  EXPECT_TRUE(files.Find("/a/b")->is_directory());
  EXPECT_EQ(files.Find("/a/b/c")->size, 4u);
}

TEST(FileSet, TakesAWholeTree) {
  TempDir dir;
  dir.Write("bin/sh", "x", 0755);
  dir.Link("self", ".");  // a link to a directory above is no loop: nobody has to follow it
  dir.Link("dangling", "/nowhere");
  FileSet files;
  files.AddWholeTree(Tree(dir.path()));
  EXPECT_THAT(Names(files), ElementsAre("bin", "bin/sh", "dangling", "self"));
}

TEST(FileSet, RefusesWhatCannotBePacked) {
  {
    TempDir dir;
    ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(WholeTreeFailure(dir), "cannot pack " + (dir / "pipe") + ": it is a named pipe");
  }
  {
    TempDir dir;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    strncpy(address.sun_path, (dir / "sock").c_str(), sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    close(fd);
    EXPECT_THAT(WholeTreeFailure(dir), HasSubstr("it is a socket"));
  }
  {
    TempDir dir;
    dir.Link("a", "b");
    dir.Link("b", "a");
    EXPECT_THAT(WholeTreeFailure(dir), HasSubstr("the symbolic link leads to itself"));
  }
  {
    TempDir dir;
    if (mknod((dir / "null").c_str(), S_IFCHR | 0666, (1 << 8) | 3) == 0) {
      EXPECT_THAT(WholeTreeFailure(dir), HasSubstr("it is a device"));
    }
  }
}

}  // namespace
}  // namespace caponier::tool
