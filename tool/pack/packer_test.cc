#include "tool/pack/packer.h"

#include <gtest/gtest.h>

#include <map>

#include "lib/archive/reader.h"
#include "lib/link/protocol.h"
#include "tool/failure.h"
#include "tool/host/elf_file.h"
#include "tool/testing/temp_dir_for_test.h"

namespace caponier::tool {
namespace {

struct Unpacked {
  std::vector<std::string> order;
  std::map<std::string, archive::Entry> entries;
};

Unpacked Read(Bytes bytes) {
  FirstDiagnostic diagnostic;
  archive::ArchiveReader reader(bytes, diagnostic);
  Unpacked unpacked;
  for (;;) {
    auto next = reader.Next();
    EXPECT_TRUE(next.ok()) << diagnostic.what();
    if (!next.ok() || !next.value().has_value()) break;
    const archive::Entry& entry = *next.value();
    unpacked.order.emplace_back(entry.path);
    unpacked.entries[std::string(entry.path)] = entry;
  }
  return unpacked;
}

TEST(PackArchive, HoldsConfigurationFirstThenEveryEntryAsItWas) {
  TempDir dir;
  const std::string big(3 * kPageSize + 17, 'b');
  dir.Write("bin/big", big, 04755);
  dir.Write("empty", "");
  dir.Link("link", "bin/big");
  FileSet files;
  files.AddWholeTree(Tree(dir.path()));
  files.AddText("/etc/made", "up");
  files.AddDirectory("/tmp", 01777);
  const Archive archive = PackArchive(std::string("exe=/bin/big\0", 13), files);
  const MappedFile mapped("/proc/self/fd/" + std::to_string(archive.file.get()));
  EXPECT_EQ(mapped.bytes().size(), archive.size);

  const Unpacked unpacked = Read(mapped.bytes());
  ASSERT_FALSE(unpacked.order.empty());
  EXPECT_EQ(unpacked.order.front(), link::kConfigName);
  const auto& entries = unpacked.entries;
  EXPECT_EQ(AsText(entries.at(link::kConfigName).data), std::string_view("exe=/bin/big\0", 13));
  EXPECT_EQ(AsText(entries.at("bin/big").data), big);
  EXPECT_EQ(entries.at("bin/big").mode, S_IFREG | 04755u);
  EXPECT_EQ(entries.at("bin/big").data_offset % kPageSize, 0u);
  EXPECT_EQ(entries.at("empty").data_size, 0u);
  EXPECT_EQ(AsText(entries.at("link").data), "bin/big");
  EXPECT_EQ(AsText(entries.at("etc/made").data), "up");
  EXPECT_EQ(entries.at("tmp").mode, S_IFDIR | 01777u);
}

TEST(PackArchive, KeepsHardLinksOneFile) {
  TempDir dir;
  dir.Write("a", "same");
  std::filesystem::create_hard_link(dir / "a", dir / "b");
  dir.Write("c", "other");
  FileSet files;
  files.AddWholeTree(Tree(dir.path()));
  const Archive archive = PackArchive("", files);
  const MappedFile mapped("/proc/self/fd/" + std::to_string(archive.file.get()));
  const auto entries = Read(mapped.bytes()).entries;
  EXPECT_EQ(entries.at("a").ino, entries.at("b").ino);
  EXPECT_EQ(entries.at("a").nlink, 2u);
  EXPECT_EQ(AsText(entries.at("b").data), "same");
  EXPECT_EQ(entries.at("c").nlink, 1u);
  EXPECT_NE(entries.at("c").ino, entries.at("a").ino);
}

TEST(PackArchive, NoticesAFileThatShrank) {
  TempDir dir;
  dir.Write("a", std::string(5000, 'x'));
  FileSet files;
  files.AddWholeTree(Tree(dir.path()));
  dir.Write("a", "x");
  EXPECT_THROW(PackArchive("", files), Failure);
}

}  // namespace
}  // namespace caponier::tool
