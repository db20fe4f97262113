#include "lib/elf/dynamic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "lib/elf/builder_for_test.h"

namespace caponier::elf {
namespace {

struct Record {
  u64 tag, value;
};

// Strings at 0x2080 of the file, records at 0x2010; both in the data segment.
constexpr std::string_view kStrings("\0libc.so.6\0libm.so.6\0$ORIGIN/lib\0self.so\0open", 45);
constexpr u64 kStringsAddress = kBaseForTest + 0x3080;

FileForTest MakeDynamic(const std::vector<Record>& records, u64 size = 0x70) {
  FileForTest file = ValidFile({SegmentForTest(kSegmentDynamic, kFlagRead, 0x2010, kBaseForTest + 0x3010, size, size, 8)});
  size_t at = 0x2010;
  for (const Record& record : records) {
    file.At<Le64>(at) = record.tag;
    file.At<Le64>(at + 8) = record.value;
    at += 16;
  }
  std::memcpy(file.bytes.data() + 0x2080, kStrings.data(), kStrings.size());
  return file;
}

std::vector<std::string> Needed(const DynamicSection& section) {
  std::vector<std::string> out;
  section.ForEachNeeded([&](std::string_view name) { out.emplace_back(name); });
  return out;
}

TEST(Dynamic, ReadsNames) {
  FileForTest file = MakeDynamic({{kDynamicNeeded, 1},
                                  {kDynamicNeeded, 11},
                                  {kDynamicStrings, kStringsAddress},
                                  {kDynamicStringsSize, 42},
                                  {kDynamicRunpath, 21},
                                  {kDynamicSoname, 33},
                                  {0, 0}});
  FirstDiagnostic diagnostic;
  auto section = DynamicSection::Open(file.view(), Machine::kX86_64, diagnostic);
  ASSERT_TRUE(section.ok()) << diagnostic.what();
  EXPECT_TRUE(section.value().present());
  EXPECT_THAT(Needed(section.value()), testing::ElementsAre("libc.so.6", "libm.so.6"));
  EXPECT_EQ(section.value().runpath(), "$ORIGIN/lib");
  EXPECT_EQ(section.value().soname(), "self.so");
  EXPECT_EQ(section.value().rpath(), std::nullopt);
  EXPECT_EQ(section.value().interpreter(), std::nullopt);
}

TEST(Dynamic, AStaticProgramNeedsNothing) {
  FirstDiagnostic diagnostic;
  FileForTest file = ValidFile();
  auto section = DynamicSection::Open(file.view(), Machine::kX86_64, diagnostic);
  ASSERT_TRUE(section.ok());
  EXPECT_FALSE(section.value().present());
  EXPECT_TRUE(Needed(section.value()).empty());
}

TEST(Dynamic, RefusesBrokenSections) {
  struct {
    std::string_view what;
    FileForTest file;
  } cases[] = {
      {"the dynamic section's size is not a multiple of 16", MakeDynamic({}, 0x68)},
      {"the dynamic section is not terminated", MakeDynamic({{1, 1}}, 0x10)},
      {"the dynamic section has half a string table", MakeDynamic({{kDynamicStrings, kStringsAddress}})},
      {"the dynamic section has half a string table", MakeDynamic({{kDynamicStringsSize, 1}})},
      {"the dynamic section's strings lie outside the file",
       MakeDynamic({{kDynamicStrings, kStringsAddress}, {kDynamicStringsSize, 0x91}})},
      {"the dynamic section's strings lie outside the file",
       MakeDynamic({{kDynamicStrings, kStringsAddress}, {kDynamicStringsSize, ~u64{0}}})},
      {"the dynamic section's strings lie outside the file", MakeDynamic({{kDynamicStrings, 0}, {kDynamicStringsSize, 1}})},
      {"a name in the dynamic section lies outside its strings", MakeDynamic({{kDynamicNeeded, 1}})},
      {"a name in the dynamic section lies outside its strings",
       MakeDynamic({{kDynamicNeeded, 42}, {kDynamicStrings, kStringsAddress}, {kDynamicStringsSize, 42}})},
      {"a name in the dynamic section lies outside its strings",
       MakeDynamic({{kDynamicRpath, ~u64{0}}, {kDynamicStrings, kStringsAddress}, {kDynamicStringsSize, 42}})},
      {"a name in the dynamic section lies outside its strings",  // "open" has no end inside the table
       MakeDynamic({{kDynamicNeeded, 41}, {kDynamicStrings, kStringsAddress}, {kDynamicStringsSize, 45}})},
      {"a library needed has no name",
       MakeDynamic({{kDynamicNeeded, 0}, {kDynamicStrings, kStringsAddress}, {kDynamicStringsSize, 42}})},
  };
  for (const auto& test : cases) {
    FirstDiagnostic diagnostic;
    auto section = DynamicSection::Open(test.file.view(), Machine::kX86_64, diagnostic);
    EXPECT_FALSE(section.ok()) << test.what;
    EXPECT_EQ(diagnostic.what(), test.what);
  }
}

// The program that runs this test is a real one.
TEST(Dynamic, ReadsItself) {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  FirstDiagnostic diagnostic;
  BytesReader reader(AsBytes(bytes));
  auto machine = IdentifyMachine(reader, bytes.size(), diagnostic);
  ASSERT_TRUE(machine.ok());
  auto image = Parse(reader, bytes.size(), machine.value(), diagnostic);
  ASSERT_TRUE(image.ok()) << diagnostic.what();
  EXPECT_EQ(image.value().type, Type::kDynamic);
  EXPECT_TRUE(image.value().phdr_vaddr);
  auto section = DynamicSection::Open(AsBytes(bytes), machine.value(), diagnostic);
  ASSERT_TRUE(section.ok()) << diagnostic.what();
  EXPECT_THAT(Needed(section.value()), testing::Contains("libc.so.6"));
  ASSERT_TRUE(section.value().interpreter());
  EXPECT_THAT(std::string(*section.value().interpreter()), testing::HasSubstr("ld-linux"));
}

}  // namespace
}  // namespace caponier::elf
