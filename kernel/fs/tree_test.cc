// Directories and paths: what the agreement with Linux does not see.
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "kernel/fs/file_systems.h"
#include "kernel/fs/for_test/machine.h"
#include "kernel/fs/open_files.h"
#include "kernel/fs/tree_changes.h"

namespace caponier::fs {
namespace {

class Names final : public EntryVisitor {
 public:
  explicit Names(size_t most) : most_(most) {}
  bool Visit(std::string_view name, u64, InodeType, u64 cookie) override {
    if (seen.size() == most_) return false;
    seen.emplace_back(name);
    next = cookie + 1;
    return true;
  }
  std::vector<std::string> seen;
  u64 next = 0;

 private:
  size_t most_;
};

TEST(MemoryDirectory, AListingThatIsContinuedNeitherRepeatsNorSkips) {
  for_test::Machine machine;
  auto directory = MakeRef<MemoryDirectory>(RootFileSystem(), 0755u).value();
  const auto add = [&](int i) {
    directory->Insert("n" + std::to_string(i), MakeRef<RegularFile>(RootFileSystem(), 0644u).value()).value();
  };
  for (int i = 0; i < 100; i++) add(i);
  std::multiset<std::string> seen;
  u64 from = 0;
  for (int round = 0;; round++) {
    Names names(7);
    directory->List(from, names).value();
    if (names.seen.empty()) break;
    for (const auto& name : names.seen) seen.insert(name);
    from = names.next;
    // Others come and go meanwhile, enough to have the directory tidy itself.
    for (int i = 0; i < 20; i++) add(1000 + round * 20 + i);
    for (int i = 0; i < 20; i++) directory->Remove("n" + std::to_string(1000 + round * 20 + i)).value();
  }
  for (int i = 0; i < 100; i++) EXPECT_EQ(seen.count("n" + std::to_string(i)), 1u) << i;
}

TEST(MemoryDirectory, FindsAllOfManyAndNoneOfTheRemoved) {
  for_test::Machine machine;
  auto directory = MakeRef<MemoryDirectory>(RootFileSystem(), 0755u).value();
  auto file = MakeRef<RegularFile>(RootFileSystem(), 0644u).value();
  for (int i = 0; i < 3000; i++) {
    directory->Insert(std::to_string(i), file).value();
    if (i % 3 == 0) directory->Remove(std::to_string(i / 3)).value();
  }
  for (int i = 0; i < 3000; i++) EXPECT_EQ(directory->Lookup(std::to_string(i)).ok(), i >= 1000) << i;
  EXPECT_EQ(directory->Insert("2999", file).error(), Error::kExists);
}

class PathTest : public testing::Test {
 protected:
  Context& files() { return machine_.files(); }
  void MakeDirectory(std::string_view path) {
    Walk walk(files());
    walk.Run(files().root, path, {.for_change = true}).value();
    fs::MakeDirectory(files(), walk, 0755).value();
  }
  Ref<Directory> DirectoryAt(std::string_view path) {
    return Ref<Directory>::Share(Resolve(files(), files().root, path).value().inode->as_directory());
  }
  for_test::Machine machine_;
};

TEST_F(PathTest, NamesFollowRenames) {
  MakeDirectory("/a");
  MakeDirectory("/a/b");
  const auto file = Open(files(), "/a/b/c", 0102, 0644).value();  // O_RDWR | O_CREAT
  EXPECT_EQ(file->Name().value().view(), "/a/b/c");
  Walk from(files()), to(files());
  from.Run(files().root, "/a", {.for_change = true}).value();
  to.Run(files().root, "/z", {.for_change = true}).value();
  Rename(files(), from, to, RenameMode::kReplace).value();
  EXPECT_EQ(file->Name().value().view(), "/z/b/c");
}

TEST_F(PathTest, WalksStayBeneathWhenTold) {
  MakeDirectory("/jail");
  MakeDirectory("/jail/in");
  Walk walk(files());
  walk.Run(DirectoryAt("/jail"), "in/..", {.beneath = true}).value();
  EXPECT_EQ(walk.Run(DirectoryAt("/jail"), "in/../..", {.beneath = true}).error(), Error::kCrossDevice);
  EXPECT_EQ(walk.Run(DirectoryAt("/jail"), "/jail", {.beneath = true}).error(), Error::kCrossDevice);
  walk.Run(DirectoryAt("/jail"), "/../../in", {.in_root = true}).value();
  EXPECT_EQ(walk.inode.get(), DirectoryAt("/jail/in").get());
  EXPECT_EQ(walk.Run(files().root, "proc", {.no_crossing = true}).error(), Error::kCrossDevice);
}

TEST_F(PathTest, OthersThanRootNeedPermission) {
  MakeDirectory("/d");
  DirectoryAt("/d")->mode = 0711;
  const auto made = Open(files(), "/d/f", 0102, 0600).value();
  files().credentials = {1000, 1000};
  EXPECT_EQ(Open(files(), "/d/f", 0, 0).error(), Error::kAccessDenied);
  EXPECT_EQ(Open(files(), "/d/new", 0102, 0600).error(), Error::kAccessDenied);
  EXPECT_EQ(Open(files(), "/d", 0, 0).error(), Error::kAccessDenied);
  made->inode()->mode = 0604;
  EXPECT_TRUE(Open(files(), "/d/f", 0, 0).ok());
  EXPECT_EQ(Open(files(), "/d/f", 2, 0).error(), Error::kAccessDenied);
  DirectoryAt("/")->mode = 0700;
  EXPECT_EQ(Open(files(), "/d/f", 0, 0).error(), Error::kAccessDenied);
}

TEST_F(PathTest, MountPointsStay) {
  Walk walk(files());
  walk.Run(files().root, "/proc", {.for_change = true}).value();
  EXPECT_EQ(RemoveDirectory(files(), walk).error(), Error::kBusy);
  walk.Run(files().root, "/proc/version", {.for_change = true}).value();
  EXPECT_EQ(Unlink(files(), walk).error(), Error::kNotPermitted);
}

TEST(Context, TheLowestFreeDescriptorIsTaken) {
  for_test::Machine machine;
  Context& files = machine.files();
  files.descriptor_limit = 10;
  const auto file = Open(files, "/dev/null", 2, 0).value();
  for (int i = 0; i < 10; i++) EXPECT_EQ(files.Install(file, false).value(), i);
  EXPECT_EQ(files.Install(file, false).error(), Error::kTooManyOpen);
  files.Close(7).value();
  files.Close(3).value();
  EXPECT_EQ(files.Install(file, true, 5).value(), 7);
  EXPECT_EQ(files.Install(file, false).value(), 3);
  EXPECT_EQ(files.close_on_exec(7).value(), true);
  files.CloseForExec();
  EXPECT_EQ(files.Get(7).error(), Error::kBadDescriptor);
  EXPECT_EQ(files.InstallAt(10, file, false).error(), Error::kBadDescriptor);
  files.CloseRange(2, 5);
  EXPECT_EQ(files.NextOpen(2), 6);
  EXPECT_EQ(files.Install(file, false).value(), 2);
}

}  // namespace
}  // namespace caponier::fs
