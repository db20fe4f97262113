#include "tool/seed_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "tool/failure.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::string Seed() {
  std::string seed(kSeedFileBytes, '\0');
  for (size_t i = 0; i < seed.size(); i++) seed[i] = static_cast<char>(i);
  return seed;
}
std::string Complaint(const std::string& path) {
  try {
    SeedFile file(path);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

TEST(SeedFile, IsReplacedBeforeItIsHandedOut) {
  TempDir dir;
  const std::string path = dir.Write("seed", Seed(), 0600);
  SeedFile file(path);
  EXPECT_EQ(Read(path).size(), kSeedFileBytes);
  EXPECT_NE(Read(path), Seed());
  EXPECT_THAT(file.TakeHex(), testing::StartsWith("000102030405"));
  EXPECT_EQ(file.TakeHex(), "");
}

TEST(SeedFile, IsMadeWhenAbsentAndOnlyForItsOwner) {
  TempDir dir;
  SeedFile file(dir / "new");
  EXPECT_EQ(file.TakeHex(), "");
  EXPECT_EQ(Read(dir / "new").size(), kSeedFileBytes);
  struct stat status;
  ASSERT_EQ(stat((dir / "new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(SeedFile(dir / "new").TakeHex().size(), 2 * kSeedFileBytes);
}

TEST(SeedFile, TakesWhatTheMachineDrew) {
  TempDir dir;
  SeedFile file(dir / "seed");
  file.Refresh(AsBytes(Seed()));
  EXPECT_EQ(Read(dir / "seed"), Seed());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1) << "nothing else is left behind";
}

TEST(SeedFile, ManyRunsAtOnceGetDifferentSeeds) {
  TempDir dir;
  const std::string path = dir.Write("seed", Seed(), 0600);
  constexpr int kRuns = 16;
  std::vector<std::string> seeds(kRuns);
  std::vector<std::thread> runs;
  for (std::string& seed : seeds) runs.emplace_back([&] { seed = SeedFile(path).TakeHex(); });
  for (std::thread& run : runs) run.join();
  EXPECT_EQ(std::set(seeds.begin(), seeds.end()).size(), size_t{kRuns});
}

TEST(SeedFile, RefusesWhatIsNoSeedAndKeepsIt) {
  using testing::HasSubstr;
  TempDir dir;
  EXPECT_THAT(Complaint(dir.Write("short", "abc", 0600)), HasSubstr("holds 3 bytes, and a seed has 64"));
  EXPECT_EQ(Read(dir / "short"), "abc");
  EXPECT_THAT(Complaint(dir.Write("empty", "", 0600)), HasSubstr("holds 0 bytes"));
  EXPECT_THAT(Complaint(dir.Write("zero", std::string(64, '\0'), 0600)), HasSubstr("all its bytes are equal"));
  EXPECT_THAT(Complaint(dir.Write("open", Seed(), 0644)), HasSubstr("others may read or change it (chmod 600"));
  EXPECT_EQ(Read(dir / "open"), Seed());
  EXPECT_THAT(Complaint(dir.path()), HasSubstr("is a directory"));
  EXPECT_THAT(Complaint("/dev/null"), HasSubstr("is no regular file"));
  EXPECT_THAT(Complaint(dir / "absent/seed"), HasSubstr("cannot be replaced"));
  dir.Link("link", dir / "open");
  EXPECT_THAT(Complaint(dir / "link"), HasSubstr("is a symbolic link"));
}

}  // namespace
}  // namespace caponier::tool
