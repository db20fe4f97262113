#include "lib/elf/symbols.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "lib/elf/builder_for_test.h"

namespace caponier::elf {
namespace {

constexpr u8 kFunction = 2;
constexpr u8 kSectionSymbol = 3;

struct Entry {
  u32 name;
  u8 info;
  u16 section;
  u64 value, size;
};

constexpr std::string_view kNames("\0alpha\0beta\0gamma\0$x\0last", 25);

// Section headers at 0x800, symbols at 0x900, names at 0xe00.
FileForTest MakeSymbols(const std::vector<Entry>& entries, u32 type = kSectionSymbols) {
  FileForTest file = ValidFile();
  file.header().shoff = 0x800;
  file.header().shnum = 3;
  auto& symbols = file.At<SectionHeader>(0x800 + 64);
  symbols.type = type;
  symbols.offset = 0x900;
  symbols.size = entries.size() * sizeof(SymbolRecord);
  symbols.entsize = sizeof(SymbolRecord);
  symbols.link = 2;
  auto& names = file.At<SectionHeader>(0x800 + 128);
  names.type = kSectionStrings;
  names.offset = 0xe00;
  names.size = kNames.size();
  std::memcpy(file.bytes.data() + 0xe00, kNames.data(), kNames.size());
  for (size_t i = 0; i < entries.size(); i++) {
    auto& record = file.At<SymbolRecord>(0x900 + i * sizeof(SymbolRecord));
    record.name = entries[i].name;
    record.info = entries[i].info;
    record.shndx = entries[i].section;
    record.value = entries[i].value;
    record.size = entries[i].size;
  }
  return file;
}

std::string NearestName(const SymbolTable& table, u64 address) {
  auto symbol = table.Nearest(address);
  return symbol ? std::string(symbol->name) : "-";
}

TEST(Symbols, FindsTheNearest) {
  for (u32 type : {kSectionSymbols, kSectionDynamicSymbols}) {
    FileForTest file = MakeSymbols({{0, 0, 0, 0, 0},
                                    {1, kFunction, 1, 0x1000, 0x10},
                                    {7, kFunction, 1, 0x2000, 0},
                                    {12, kFunction, 1, 0x3000, 0x10},
                                    {12, kFunction, 0, 0x2500, 0x10},       // undefined
                                    {12, kFunction, 0xfff1, 0x2500, 0x10},  // absolute
                                    {12, kSectionSymbol, 1, 0x2500, 0x10},  // a section
                                    {18, 0, 1, 0x2500, 0},                  // $x
                                    {21, kFunction, 1, 0x2500, 0x10},       // a name without an end
                                    {~0u, kFunction, 1, 0x2500, 0x10}},
                                   type);  // a name outside
    FirstDiagnostic diagnostic;
    auto table = SymbolTable::Open(file.view(), diagnostic);
    ASSERT_TRUE(table.ok()) << diagnostic.what();
    EXPECT_EQ(table.value().count(), 10u);
    EXPECT_EQ(NearestName(table.value(), 0xfff), "-");
    EXPECT_EQ(NearestName(table.value(), 0x1000), "alpha");
    EXPECT_EQ(NearestName(table.value(), 0x100f), "alpha");
    EXPECT_EQ(NearestName(table.value(), 0x1010), "-");
    EXPECT_EQ(NearestName(table.value(), 0x2505), "beta");
    EXPECT_EQ(NearestName(table.value(), 0x3008), "gamma");
    EXPECT_EQ(NearestName(table.value(), ~u64{0}), "beta");
    EXPECT_FALSE(table.value().At(10));
  }
}

TEST(Symbols, RefusesBrokenTables) {
  struct {
    std::string_view what;
    void (*spoil)(FileForTest&);
  } cases[] = {
      {"cut short inside the ELF header", [](FileForTest& f) { f.bytes.resize(63); }},
      {"not an ELF program", [](FileForTest& f) { f.bytes[0] = std::byte{0}; }},
      {"the section headers have a wrong size", [](FileForTest& f) { f.header().shentsize = 63; }},
      {"the section headers end past the end of the file", [](FileForTest& f) { f.header().shoff = ~u64{0} - 10; }},
      {"the section headers end past the end of the file", [](FileForTest& f) { f.header().shoff = f.bytes.size() - 63; }},
      {"the symbol table's header is broken", [](FileForTest& f) { f.At<SectionHeader>(0x840).link = 3; }},
      {"the symbol table's header is broken", [](FileForTest& f) { f.At<SectionHeader>(0x840).link = 1; }},
      {"the symbol table's header is broken", [](FileForTest& f) { f.At<SectionHeader>(0x840).entsize = 16; }},
      {"the symbol table ends past the end of the file", [](FileForTest& f) { f.At<SectionHeader>(0x840).size = 0x3000; }},
      {"the symbol table ends past the end of the file", [](FileForTest& f) { f.At<SectionHeader>(0x880).offset = ~u64{0}; }},
  };
  for (const auto& test : cases) {
    FileForTest file = MakeSymbols({{1, kFunction, 1, 0x1000, 0x10}});
    test.spoil(file);
    FirstDiagnostic diagnostic;
    EXPECT_FALSE(SymbolTable::Open(file.view(), diagnostic).ok()) << test.what;
    EXPECT_EQ(diagnostic.what(), test.what);
  }
}

TEST(Symbols, AStrippedFileHasNone) {
  FirstDiagnostic diagnostic;
  FileForTest none = ValidFile();
  EXPECT_EQ(SymbolTable::Open(none.view(), diagnostic).error(), Error::kNotFound);
  FileForTest other = MakeSymbols({}, 1);
  EXPECT_EQ(SymbolTable::Open(other.view(), diagnostic).error(), Error::kNotFound);
  EXPECT_EQ(diagnostic.what(), "");
}

// The program that runs this test is a real one, built with symbols.
TEST(Symbols, NamesItsOwnMain) {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  FirstDiagnostic diagnostic;
  auto table = SymbolTable::Open(AsBytes(bytes), diagnostic);
  ASSERT_TRUE(table.ok()) << diagnostic.what();
  std::optional<Symbol> entry;
  for (size_t i = 0; i < table.value().count(); i++) {
    auto symbol = table.value().At(i);
    if (symbol && symbol->name == "main") entry = symbol;
  }
  ASSERT_TRUE(entry);
  EXPECT_EQ(NearestName(table.value(), entry->value + 1), "main");
}

}  // namespace
}  // namespace caponier::elf
