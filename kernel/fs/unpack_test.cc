#include "kernel/fs/unpack.h"

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernel/fs/for_test/machine.h"
#include "kernel/fs/open_files.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/window.h"
#include "lib/archive/writer.h"
#include "lib/link/protocol.h"

namespace caponier::fs {
namespace {

class Archive final : public archive::Sink {
 public:
  Result<void> Write(Bytes piece) override {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return {};
  }
  void Add(archive::EntryHead head, std::string_view data = {}) { writer.Add(head, AsBytes(data)).value(); }
  Bytes Finish() {
    writer.Finish().value();
    return bytes;
  }
  std::vector<std::byte> bytes;
  archive::ArchiveWriter writer{*this};
};

std::string ReadAll(Context& context, std::string_view path) {
  const auto file = Open(context, path, 0, 0);
  if (!file.ok()) return "cannot open";
  std::string text(20000, '?');
  mm::IoBuffer to = mm::IoBuffer::Kernel(std::as_writable_bytes(std::span(text.data(), text.size())));
  text.resize(file.value()->Read(to, File::kStream).value());
  return text;
}

Attributes StatOf(Context& context, std::string_view path) {
  return Resolve(context, context.root, path, {.follow_last = false}).value().inode->attributes();
}

TEST(Unpack, FilesKeepTheirFramesAndOthersComeBack) {
  Archive archive;
  const std::string big(2 * kPageSize + 100, 'b');
  archive.Add({.path = link::kConfigName, .mode = 0100600}, "exe=/x");
  archive.Add({.path = "d", .mode = 0040750, .uid = 3, .gid = 4, .mtime = 1000});
  archive.Add({.path = "d/big", .mode = 0100640, .mtime = 77}, big);
  archive.Add({.path = "d/link", .mode = 0120777}, "big");
  archive.Add({.path = "deep/er/file", .mode = 0104755}, "hello");
  const Bytes bytes = archive.Finish();
  for_test::Machine machine(bytes);
  Context& files = machine.files();

  EXPECT_EQ(ReadAll(files, "/d/link"), big);
  EXPECT_EQ(ReadAll(files, "/deep/er/file"), "hello");
  EXPECT_FALSE(Open(files, "/.caponier/config", 0, 0).ok());
  EXPECT_FALSE(Open(files, "/.caponier", 0, 0).ok());
  // Three pages and one: nothing was copied and nothing else was kept.
  EXPECT_EQ(for_test::FramesInUse(), 4u);

  const Attributes directory = StatOf(files, "/d");
  EXPECT_EQ(directory.mode, 0750u);
  EXPECT_EQ(directory.user, 3u);
  EXPECT_EQ(directory.group, 4u);
  EXPECT_EQ(directory.modified, 1000'000'000'000) << "filling a directory must not change its time";
  EXPECT_EQ(StatOf(files, "/d/big").modified, 77'000'000'000);
  EXPECT_EQ(StatOf(files, "/deep/er/file").mode, 04755u);
}

TEST(Unpack, NothingOfTheArchiveShowsBehindAFilesEnd) {
  Archive archive;
  archive.Add({.path = "a", .mode = 0100644}, "short");
  archive.Add({.path = "b", .mode = 0100644}, "other");
  const Bytes bytes = archive.Finish();
  for_test::Machine machine(bytes);
  const auto file = Open(machine.files(), "/a", 0, 0).value();
  const auto pages = file->Mappable().value();
  const PhysAddr frame = pages->Page(0, false).value();
  {
    mm::Window window(frame, mm::Window::kRead);
    EXPECT_EQ(AsText(window.bytes()), "short" + std::string(kPageSize - 5, '\0'));
  }
  EXPECT_EQ(pages->mapped_name(), "/a");
  mm::ReleaseFrame(frame);
}

TEST(Unpack, HardLinksAreOneFile) {
  Archive archive;
  archive.Add({.path = "one", .mode = 0100644, .nlink = 2, .ino = 5});
  archive.Add({.path = "two", .mode = 0100644, .nlink = 2, .ino = 5}, "shared");
  archive.Add({.path = "three", .mode = 0100644, .nlink = 1, .ino = 5}, "not");
  const Bytes bytes = archive.Finish();
  for_test::Machine machine(bytes);
  EXPECT_EQ(ReadAll(machine.files(), "/one"), "shared");
  EXPECT_EQ(StatOf(machine.files(), "/one").number, StatOf(machine.files(), "/two").number);
  EXPECT_EQ(StatOf(machine.files(), "/one").links, 2u);
  EXPECT_EQ(StatOf(machine.files(), "/three").links, 1u);
  EXPECT_EQ(ReadAll(machine.files(), "/three"), "not");
}

TEST(Unpack, ArchivesOfOtherWritersAreCopied) {
  // A plain newc entry, its data right behind its name.
  Archive archive;
  archive.Add({.path = "a", .mode = 0100644}, "text");
  archive.writer.Finish().value();
  std::vector<std::byte> tight(archive.bytes.begin(), archive.bytes.begin() + 110);
  const char name[] = "a\0";  // two bytes and their padding to a multiple of four
  tight.insert(tight.end(), reinterpret_cast<const std::byte*>(name), reinterpret_cast<const std::byte*>(name) + 2);
  std::memcpy(tight.data() + 6 + 8 * 11, "00000002", 8);
  const char data[] = "text";
  tight.insert(tight.end(), reinterpret_cast<const std::byte*>(data), reinterpret_cast<const std::byte*>(data) + 4);
  Archive rest;
  rest.writer.Finish().value();
  tight.insert(tight.end(), rest.bytes.begin(), rest.bytes.end());
  for_test::Machine machine(tight);
  EXPECT_EQ(ReadAll(machine.files(), "/a"), "text");
}

TEST(Unpack, APathThroughAFileIsRefused) {
  Archive archive;
  archive.Add({.path = "a", .mode = 0100644}, "text");
  archive.Add({.path = "a/b", .mode = 0100644}, "text");
  const Bytes bytes = archive.Finish();
  for_test::Machine machine;
  FirstDiagnostic diagnostic;
  // The second archive lies in frames of the pretend machine too.
  const auto frames = for_test::PutArchive(bytes);
  for_test::EndTree();
  EXPECT_EQ(InitRoot(bytes, frames, diagnostic).error(), Error::kMalformed);
  EXPECT_EQ(diagnostic.what(), "an entry's path leads through something that is no directory");
}

TEST(Unpack, ConfigurationIsCopiedOut) {
  Archive archive;
  archive.Add({.path = link::kConfigName, .mode = 0100600}, std::string_view("exe=/x\0arg=y\0", 13));
  archive.Finish();
  std::vector<std::byte> bytes = archive.bytes;
  FirstDiagnostic diagnostic;
  const Bytes records = ReadConfiguration(bytes, diagnostic).value();
  EXPECT_EQ(AsText(bytes).find("exe="), std::string_view::npos) << "it may hold a seed";
  std::fill(bytes.begin(), bytes.end(), std::byte{0});
  EXPECT_EQ(AsText(records), std::string_view("exe=/x\0arg=y\0", 13));
}

}  // namespace
}  // namespace caponier::fs
