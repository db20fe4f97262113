#include "tool/scan/code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tool/machine/kvm_probe.h"
#include "tool/scan/implemented.h"
#include "tool/scan/object.h"
#include "tool/testing/make_elf_for_test.h"

namespace caponier::tool {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_view_literals;

CodeFacts X86(std::string_view code) { return ScanCode(AsBytes(code), 0x1000, Arch::kX86_64); }
CodeFacts Arm(std::vector<u32> words) {
  std::string code;
  for (const u32 word : words) code += AsText(BytesOf(Le32(word)));
  return ScanCode(AsBytes(code), 0x1000, Arch::kAarch64);
}

TEST(ScanCode, FindsNumbersOnX86) {
  EXPECT_THAT(X86("\xb8\xe7\0\0\0\x0f\x05"sv).numbers, ElementsAre(231));
  EXPECT_THAT(X86("\x31\xc0\x90\x90\x0f\x05"sv).numbers, ElementsAre(0));
  EXPECT_THAT(X86("\x48\xc7\xc0\x3c\0\0\0\x0f\x05"sv).numbers, ElementsAre(60));
  // The nearest load counts, and a constant too large to be a number is none.
  EXPECT_THAT(X86("\xb8\x01\0\0\0\xb8\x02\0\0\0\x0f\x05"sv).numbers, ElementsAre(2));
  EXPECT_THAT(X86("\xb8\x01\0\0\0\xb8\0\0\x10\0\x0f\x05"sv).numbers, ElementsAre(1));
  const CodeFacts unknown = X86("\x48\x89\xf8\x0f\x05"sv);
  EXPECT_THAT(unknown.numbers, IsEmpty());
  EXPECT_EQ(unknown.unknown_numbers, 1u);
  EXPECT_THAT(X86(std::string("\xb8\x01\0\0\0", 5) + std::string(80, '\x90') + "\x0f\x05").numbers, IsEmpty());
}

TEST(ScanCode, FindsNumbersOnAarch64) {
  EXPECT_THAT(Arm({0xd2800bc8, 0xd4000001}).numbers, ElementsAre(94));              // mov x8, #94; svc #0
  EXPECT_THAT(Arm({0x52800808, 0xd503201f, 0xd4000001}).numbers, ElementsAre(64));  // mov w8, #64; nop; svc #0
  EXPECT_EQ(Arm({0xaa0003e8, 0xd4000001}).unknown_numbers, 1u);                     // mov x8, x0; svc #0
  EXPECT_THAT(Arm({0xd2800bc0, 0xd4000001}).numbers, IsEmpty());                    // another register
}

TEST(ScanCode, FollowsCallsThatLeaveThePiece) {
  EXPECT_THAT(X86("\xe8\x00\x01\0\0"sv).targets, ElementsAre(0x1105u));
  EXPECT_THAT(X86("\x0f\x85\xf0\xff\xff\xff"sv).targets, Contains(0xff6u));
  EXPECT_THAT(Arm({0x94000040}).targets, ElementsAre(0x1100u));   // bl +0x100
  EXPECT_THAT(Arm({0x97ffffff}).targets, ElementsAre(0xffcu));    // bl -4
  EXPECT_THAT(Arm({0x14000001, 0xd503201f}).targets, IsEmpty());  // inside
}

TEST(ScanCode, TakesAnyBytes) {
  std::string bytes;
  for (u32 i = 0; i < 5000; i++) bytes += static_cast<char>(i * 2654435761u >> 24);
  for (size_t cut = 0; cut < 40; cut++) {
    X86(std::string_view(bytes).substr(cut));
    ScanCode(AsBytes(std::string_view(bytes).substr(cut)), 0, Arch::kAarch64);
  }
}

TEST(ScannedObject, ReadsAWholeProgram) {
  const std::string program = ProbeProgram();
  const ScannedObject object(AsBytes(program), kHostArch, "probe");
  EXPECT_THAT(object.imports(), IsEmpty());
  const CodeFacts facts = object.ScanAll();
  ASSERT_EQ(facts.numbers.size(), 1u);
  const auto call = LookUpCall(kHostArch, *facts.numbers.begin());
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->name, "exit_group");
  EXPECT_TRUE(call->implemented);
}

// Of a call whose number is not known, in two functions that overlap; and a second table of symbols, which a file cannot have.
TEST(ScannedObject, LooksAtEachPieceOfCodeOnceAndAtOneTable) {
  std::string file = MakeElf({.code = "\x90\x48\x89\xf8\x0f\x05\xc3"});
  elf::Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  const u64 strings_at = file.size(), code_at = header.entry;
  const std::string_view names = "\0one\0other\0second\0"sv;
  file += names;
  const auto symbols = [&](std::vector<elf::SymbolRecord> records) {
    elf::SectionHeader section{};
    section.type = elf::kSectionDynamicSymbols;
    section.offset = file.size();
    section.size = records.size() * sizeof(elf::SymbolRecord);
    section.link = 2;
    for (const elf::SymbolRecord& record : records) file += AsText(BytesOf(record));
    return section;
  };
  const auto function = [&](u64 name, u64 from) {
    elf::SymbolRecord record{};
    record.name = static_cast<u32>(name);
    record.shndx = 1;
    record.value = code_at + from;
    record.size = 6;
    return record;
  };
  elf::SectionHeader strings{};
  strings.type = elf::kSectionStrings;
  strings.offset = strings_at;
  strings.size = names.size();
  const elf::SectionHeader first = symbols({function(names.find("one"), 0), function(names.find("other"), 1)});
  const elf::SectionHeader second = symbols({function(names.find("second"), 0)});
  header.shoff = file.size();
  header.shnum = 3;
  header.shentsize = sizeof(elf::SectionHeader);
  for (const auto& section : {first, second, strings}) file += AsText(BytesOf(section));
  file.replace(0, sizeof(header), AsText(BytesOf(header)));

  const ScannedObject object(AsBytes(file), Arch::kX86_64, "the file");
  EXPECT_TRUE(object.Exports("one") && object.Exports("other"));
  EXPECT_FALSE(object.Exports("second"));
  EXPECT_EQ(object.ScanFrom({"one"}).unknown_numbers, 1u);
  EXPECT_EQ(object.ScanFrom({"one", "other"}).unknown_numbers, 1u);
}

TEST(LookUpCall, TellsImplementedFromNot) {
  EXPECT_TRUE(LookUpCall(Arch::kX86_64, 0)->implemented);
  EXPECT_FALSE(LookUpCall(Arch::kX86_64, 246)->implemented);  // kexec_load
  EXPECT_EQ(LookUpCall(Arch::kAarch64, 64)->name, "write");
  EXPECT_FALSE(LookUpCall(Arch::kX86_64, 400).has_value());
}

}  // namespace
}  // namespace caponier::tool
