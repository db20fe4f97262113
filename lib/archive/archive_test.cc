#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "lib/archive/reader.h"
#include "lib/archive/writer.h"

namespace caponier::archive {
namespace {

class StringSink final : public Sink {
 public:
  Result<void> Write(Bytes bytes) override {
    if (text.size() + bytes.size() > limit) return Error::kNoSpace;
    text += AsText(bytes);
    return {};
  }
  std::string text;
  size_t limit = ~size_t{0};
};

std::string SampleArchive() {
  StringSink sink;
  ArchiveWriter writer(sink);
  writer.Add({.path = ".", .mode = kTypeDirectory | 0755, .nlink = 3}, {}).value();
  writer.Add({.path = "bin", .mode = kTypeDirectory | 0755, .nlink = 2, .ino = 1}, {}).value();
  writer
      .Add({.path = "bin/tool",
            .mode = kTypeRegular | 0755,
            .uid = 7,
            .gid = 8,
            .mtime = 1234567,
            .mtime_ns = 999'999'999,
            .ino = 2},
           AsBytes("hello"))
      .value();
  writer.Add({.path = "bin/empty", .mode = kTypeRegular | 0600, .ino = 3}, {}).value();
  writer.Add({.path = "bin/link", .mode = kTypeSymlink | 0777, .ino = 4}, AsBytes("tool")).value();
  writer.Add({.path = "first", .mode = kTypeRegular | 0644, .nlink = 2, .ino = 5}, {}).value();
  writer.Add({.path = "second", .mode = kTypeRegular | 0644, .nlink = 2, .ino = 5}, AsBytes("shared data")).value();
  writer.Add({.path = "null", .mode = kTypeCharacter | 0666, .ino = 6, .rdev = {1, 3}}, {}).value();
  writer.Finish().value();
  return sink.text;
}

struct Read {
  std::shared_ptr<const std::vector<char>> archive;  // the entries point into it; its end is the sanitizer's to guard
  std::vector<Entry> entries;
  std::string what;
  u64 offset = 0;
};

Read ReadAll(std::string_view archive) {
  FirstDiagnostic diagnostic;
  Read out;
  out.archive = std::make_shared<const std::vector<char>>(archive.begin(), archive.end());
  ArchiveReader reader(std::as_bytes(std::span(*out.archive)), diagnostic);
  while (true) {
    auto next = reader.Next();
    if (!next.ok()) {
      EXPECT_EQ(next.error(), Error::kMalformed);
      EXPECT_FALSE(diagnostic.what().empty());
      EXPECT_FALSE(reader.Next().ok()) << "a broken archive goes on";
      break;
    }
    if (!next.value()) {
      EXPECT_FALSE(reader.Next().value()) << "entries behind the trailer";
      break;
    }
    out.entries.push_back(*next.value());
  }
  out.what = diagnostic.what();
  out.offset = diagnostic.offset();
  return out;
}

TEST(Archive, RoundTrip) {
  std::string archive = SampleArchive();
  Read read = ReadAll(archive);
  ASSERT_EQ(read.what, "");
  ASSERT_EQ(read.entries.size(), 8u);
  EXPECT_EQ(read.entries[0].path, "");
  EXPECT_EQ(read.entries[0].type(), kTypeDirectory);
  const Entry& tool = read.entries[2];
  EXPECT_EQ(tool.path, "bin/tool");
  EXPECT_EQ(tool.type(), kTypeRegular);
  EXPECT_EQ(tool.permissions(), 0755u);
  EXPECT_EQ(tool.uid, 7u);
  EXPECT_EQ(tool.gid, 8u);
  EXPECT_EQ(tool.mtime, 1234567u);
  EXPECT_EQ(tool.mtime_ns, 999'999'999u);
  EXPECT_EQ(tool.ino, 2u);
  EXPECT_EQ(AsText(tool.data), "hello");
  EXPECT_EQ(AsText(read.entries[4].data), "tool");
  EXPECT_EQ(read.entries[5].nlink, 2u);
  EXPECT_EQ(read.entries[5].ino, read.entries[6].ino);
  EXPECT_EQ(AsText(read.entries[6].data), "shared data");
  EXPECT_EQ(read.entries[7].rdev, (DeviceNumber{1, 3}));
}

TEST(Archive, EveryFilesDataStartsAPage) {
  for (size_t name_length : {1, 2, 3, 4, 100, 255}) {
    StringSink sink;
    ArchiveWriter writer(sink);
    std::string name(name_length, 'n'), data(4097, 'd');
    for (int i = 0; i < 3; i++) writer.Add({.path = name, .mode = kTypeRegular | 0644}, AsBytes(data)).value();
    writer.Finish().value();
    EXPECT_EQ(writer.size(), sink.text.size());
    Read read = ReadAll(sink.text);
    ASSERT_EQ(read.what, "");
    ASSERT_EQ(read.entries.size(), 3u);
    for (const Entry& entry : read.entries) {
      EXPECT_EQ(entry.path, name);
      EXPECT_TRUE(IsAligned(entry.data_offset, kPageSize)) << entry.data_offset;
      EXPECT_EQ(AsText(entry.data), data);
    }
  }
}

TEST(Archive, WriterTakesDataInPieces) {
  StringSink sink;
  ArchiveWriter writer(sink);
  EntryHead head{.path = "f", .mode = kTypeRegular | 0644};
  ASSERT_TRUE(writer.Begin(head, 5).ok());
  EXPECT_EQ(writer.Begin(head, 1).error(), Error::kBusy);
  EXPECT_EQ(writer.Finish().error(), Error::kBusy);
  ASSERT_TRUE(writer.Append(AsBytes("he")).ok());
  EXPECT_EQ(writer.Append(AsBytes("lloo")).error(), Error::kInvalidArgument);
  ASSERT_TRUE(writer.Append(AsBytes("llo")).ok());
  ASSERT_TRUE(writer.Finish().ok());
  EXPECT_EQ(writer.Finish().error(), Error::kInvalidArgument);
  EXPECT_EQ(writer.Begin(head, 1).error(), Error::kInvalidArgument);
  EXPECT_EQ(AsText(ReadAll(sink.text).entries.at(0).data), "hello");
}

TEST(Archive, WriterRefuses) {
  StringSink sink;
  ArchiveWriter writer(sink);
  EXPECT_EQ(writer.Begin({.path = ""}, 0).error(), Error::kInvalidArgument);
  EXPECT_EQ(writer.Begin({.path = kTrailerName}, 0).error(), Error::kInvalidArgument);
  EXPECT_EQ(writer.Begin({.path = std::string_view("a\0b", 3)}, 0).error(), Error::kInvalidArgument);
  EXPECT_EQ(writer.Begin({.path = std::string(kMaxPath, 'a')}, 0).error(), Error::kInvalidArgument);
  EXPECT_EQ(writer.Begin({.path = "a", .mode = kTypeRegular}, u64{1} << 32).error(), Error::kFileTooLarge);
  EXPECT_EQ(sink.text, "");
  sink.limit = 50;
  EXPECT_EQ(writer.Add({.path = "a"}, {}).error(), Error::kNoSpace);
}

// One entry made by hand: the fields in the record's order, after the magic.
std::string RawEntry(std::string_view name_with_nul, std::string_view data, u32 mode = kTypeRegular | 0644, u32 nlink = 1) {
  char header[111];
  std::snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 1, mode, 0, 0, nlink, 0,
                data.size(), 0, 0, 0, 0, name_with_nul.size(), 0);
  std::string out = header;
  out += name_with_nul;
  out.resize(AlignUp(out.size(), 4));
  out += data;
  out.resize(AlignUp(out.size(), 4));
  return out;
}

std::string WithTrailer(std::string entry) { return entry + RawEntry(std::string_view("TRAILER!!!\0", 11), "", 0); }

TEST(Archive, NormalisesPaths) {
  struct {
    std::string_view name, path;
  } cases[] = {{{"a\0", 2}, "a"},
               {{"/a\0", 3}, "a"},
               {{"./a/b\0", 6}, "a/b"},
               {{".//a\0", 5}, "a"},
               {{"a/\0", 3}, "a"},
               {{"..a\0", 4}, "..a"},
               {{"a/.b\0", 5}, "a/.b"},
               {{"a\0\0\0\0", 5}, "a"},
               {{"/./a\0", 5}, "a"},
               {{"...\0", 4}, "..."},
               {{"./TRAILER!!!\0", 13}, "TRAILER!!!"}};
  for (const auto& test : cases) {
    Read read = ReadAll(WithTrailer(RawEntry(test.name, "data")));
    EXPECT_EQ(read.what, "");
    ASSERT_EQ(read.entries.size(), 1u) << test.name;
    EXPECT_EQ(read.entries[0].path, test.path);
    EXPECT_EQ(AsText(read.entries[0].data), "data");
  }
  for (std::string_view root : {std::string_view("/\0", 2), std::string_view(".\0", 2), std::string_view("./\0", 3)}) {
    Read read = ReadAll(WithTrailer(RawEntry(root, "", kTypeDirectory | 0755, 2)));
    ASSERT_EQ(read.entries.size(), 1u) << root << read.what;
    EXPECT_EQ(read.entries[0].path, "");
  }
}

TEST(Archive, RefusesBadEntries) {
  const std::string overlong = std::string(256, 'a') + '\0';
  const std::string long_path = [] {
    std::string text;
    while (text.size() < kMaxPath) text += "d/";
    return text + "e" + '\0';
  }();
  struct {
    std::string_view what;
    std::string entry;
  } cases[] = {
      {"an entry's name has an empty, overlong, '.' or '..' part", RawEntry({"..\0", 3}, "")},
      {"an entry's name has an empty, overlong, '.' or '..' part", RawEntry({"../a\0", 5}, "")},
      {"an entry's name has an empty, overlong, '.' or '..' part", RawEntry({"a/../../b\0", 10}, "")},
      {"an entry's name has an empty, overlong, '.' or '..' part", RawEntry({"a/..\0", 5}, "")},
      {"an entry's name has an empty, overlong, '.' or '..' part", RawEntry({"/..\0", 4}, "")},
      {"an entry's name has an empty, overlong, '.' or '..' part", RawEntry({"a//b\0", 5}, "")},
      {"an entry's name has an empty, overlong, '.' or '..' part", RawEntry({"a/./b\0", 6}, "")},
      {"an entry's name has an empty, overlong, '.' or '..' part", RawEntry(overlong, "")},
      {"an entry's name is too long", RawEntry(long_path, "")},
      {"an entry's name is empty", RawEntry({"\0", 1}, "")},
      {"an entry's name is not terminated", RawEntry("abc", "")},
      {"an entry's name is not terminated", RawEntry("", "")},
      {"an entry's name has bytes after its end", RawEntry({"a\0b\0", 4}, "")},
      {"an entry's file type is unknown", RawEntry({"a\0", 2}, "", 0644)},
      {"an entry's file type is unknown", RawEntry({"a\0", 2}, "", 0x8000'0000 | kTypeRegular | kTypeFifo | kTypeCharacter)},
      {"the root of the archive is not a directory", RawEntry({".\0", 2}, "x")},
      {"a symbolic link points nowhere", RawEntry({"a\0", 2}, "", kTypeSymlink | 0777)},
      {"a symbolic link's target is too long", RawEntry({"a\0", 2}, std::string(kMaxPath, 'x'), kTypeSymlink | 0777)},
      {"a symbolic link's target contains a NUL", RawEntry({"a\0", 2}, {"x\0y", 3}, kTypeSymlink | 0777)},
      {"an entry that is no file has data", RawEntry({"a\0", 2}, "x", kTypeDirectory | 0777)},
      {"an entry has no links", RawEntry({"a\0", 2}, "x", kTypeRegular, 0)},
      {"the trailer has data", RawEntry({"TRAILER!!!\0", 11}, "x")},
      {"an entry does not start with 070701", "070702" + RawEntry({"a\0", 2}, "").substr(6)},
  };
  for (const auto& test : cases) {
    Read read = ReadAll(WithTrailer(test.entry));
    EXPECT_EQ(read.what, test.what);
    EXPECT_TRUE(read.entries.empty()) << test.what;
  }
}

TEST(Archive, RefusesEveryBadDigit) {
  const std::string good = WithTrailer(RawEntry({"a\0", 2}, "x"));
  for (size_t i = 6; i < 110; i++) {
    for (char bad : {'g', ' ', '-', '\0', '/', ':', '@', 'G', '`'}) {
      std::string spoilt = good;
      spoilt[i] = bad;
      Read read = ReadAll(spoilt);
      ASSERT_EQ(read.what, "an entry's header has a digit that is not hexadecimal");
      ASSERT_EQ(read.offset, 6 + (i - 6) / 8 * 8);
    }
  }
}

TEST(Archive, RefusesEveryTruncation) {
  const std::string good = WithTrailer(RawEntry({"abc\0", 4}, "data"));
  ASSERT_EQ(ReadAll(good).what, "");
  // The trailer's own padding is not needed.
  for (size_t length = 0; length < good.size() - 3; length++) {
    EXPECT_NE(ReadAll(std::string_view(good).substr(0, length)).what, "") << length;
  }
}

TEST(Archive, RefusesHugeSizes) {
  const std::string good = WithTrailer(RawEntry({"abc\0", 4}, "data"));
  std::string huge = good;
  huge.replace(6 + 8 * 6, 8, "ffffffff");
  EXPECT_EQ(ReadAll(huge).what, "an entry's data ends past the end of the archive");
  huge = good;
  huge.replace(6 + 8 * 11, 8, "ffffffff");
  EXPECT_EQ(ReadAll(huge).what, "an entry's name ends past the end of the archive");
}

// The real tool is the other side of both directions.
class AgainstCpio : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("cpio --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no cpio on this machine";
    char name[] = "/tmp/caponier_archive_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }
  void Shell(const std::string& command) {
    ASSERT_EQ(std::system(("cd " + directory_.string() + " && " + command).c_str()), 0) << command;
  }
  std::string Slurp(const std::string& name) {
    std::ifstream in(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path directory_;
};

TEST_F(AgainstCpio, ItReadsOurs) {
  StringSink sink;
  ArchiveWriter writer(sink);
  const std::string big(10000, 'b');
  writer.Add({.path = "dir", .mode = kTypeDirectory | 0755, .nlink = 2, .ino = 1}, {}).value();
  writer.Add({.path = "dir/big", .mode = kTypeRegular | 0640, .mtime = 1000, .ino = 2}, AsBytes(big)).value();
  writer.Add({.path = "link", .mode = kTypeSymlink | 0777, .ino = 3}, AsBytes("dir/big")).value();
  writer.Add({.path = "one", .mode = kTypeRegular | 0644, .nlink = 2, .ino = 4}, {}).value();
  writer.Add({.path = "two", .mode = kTypeRegular | 0644, .nlink = 2, .ino = 4}, AsBytes("joint")).value();
  writer.Finish().value();
  std::ofstream(directory_ / "a.cpio", std::ios::binary) << sink.text;
  Shell("cpio -t <a.cpio >list 2>/dev/null");
  EXPECT_EQ(Slurp("list"), "dir\ndir/big\nlink\none\ntwo\n");
  Shell("mkdir out && cd out && cpio -i --no-preserve-owner <../a.cpio 2>/dev/null");
  EXPECT_EQ(Slurp("out/dir/big"), big);
  EXPECT_EQ(Slurp("out/link"), big);
  EXPECT_EQ(Slurp("out/one"), "joint");
  EXPECT_TRUE(std::filesystem::equivalent(directory_ / "out/one", directory_ / "out/two"));
}

TEST_F(AgainstCpio, WeReadIts) {
  Shell("mkdir -p t/d && printf hello >t/d/f && ln t/d/f t/d/g && ln -s d/f t/s && chmod 600 t/d/f");
  Shell("cd t && find . | sort | cpio -o -H newc >../a.cpio 2>/dev/null");
  std::string archive = Slurp("a.cpio");
  Read read = ReadAll(archive);
  EXPECT_EQ(read.what, "");
  std::vector<std::string> paths;
  std::string hello;
  for (const Entry& entry : read.entries) {
    paths.emplace_back(entry.path);
    if (entry.path == "d/f" || entry.path == "d/g") {
      EXPECT_EQ(entry.nlink, 2u);
      EXPECT_EQ(entry.permissions(), 0600u);
      hello += AsText(entry.data);
    }
    if (entry.path == "s") {
      EXPECT_EQ(AsText(entry.data), "d/f");
    }
  }
  EXPECT_EQ(hello, "hello");  // once, with the last name
  EXPECT_THAT(paths, testing::UnorderedElementsAre("", "d", "d/f", "d/g", "s"));
}

}  // namespace
}  // namespace caponier::archive
