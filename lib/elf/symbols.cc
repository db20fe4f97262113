#include "lib/elf/symbols.h"

#include <cstring>

#include "lib/elf/format.h"
#include "lib/elf/strings.h"

namespace caponier::elf {
namespace {

// [gabi] 4, st_info and st_shndx.
constexpr u8 kSymbolNoType = 0;  // labels in assembly
constexpr u8 kSymbolObject = 1;
constexpr u8 kSymbolFunction = 2;
constexpr u8 kSymbolIndirectFunction = 10;
constexpr u16 kUndefined = 0;
constexpr u16 kFirstReserved = 0xff00;

std::optional<SectionHeader> SectionAt(Bytes file, const Header& header, u64 index) {
  if (index >= header.shnum) return std::nullopt;
  u64 at;
  if (!CheckedAdd<u64>(header.shoff, index * sizeof(SectionHeader), &at)) return std::nullopt;
  if (at > file.size() || file.size() - at < sizeof(SectionHeader)) return std::nullopt;
  SectionHeader section;
  __builtin_memcpy(&section, file.data() + at, sizeof(section));
  return section;
}

std::optional<Bytes> Content(Bytes file, const SectionHeader& section) {
  if (section.offset > file.size() || section.size > file.size() - section.offset) return std::nullopt;
  return file.subspan(section.offset, section.size);
}

}  // namespace

Result<SymbolTable> SymbolTable::Open(Bytes file, Diagnostics& diagnostics) {
  auto malformed = [&](std::string_view what, u64 at) {
    diagnostics.Malformed(what, at);
    return Error::kMalformed;
  };
  Header header;
  if (file.size() < sizeof(header)) return malformed("cut short inside the ELF header", file.size());
  __builtin_memcpy(&header, file.data(), sizeof(header));
  if (__builtin_memcmp(header.ident, kMagic, sizeof(kMagic)) != 0) return malformed("not an ELF program", 0);
  if (header.ident[kIdentClass] != kClass64 || header.ident[kIdentData] != kDataLittle) return Error::kNotSupported;
  if (header.shnum == 0) return Error::kNotFound;
  if (header.shentsize != sizeof(SectionHeader))
    return malformed("the section headers have a wrong size", offsetof(Header, shentsize));

  for (u32 wanted : {kSectionSymbols, kSectionDynamicSymbols}) {
    for (u64 i = 0; i < header.shnum; i++) {
      auto section = SectionAt(file, header, i);
      if (!section) return malformed("the section headers end past the end of the file", offsetof(Header, shoff));
      if (section->type != wanted) continue;
      auto strings = SectionAt(file, header, section->link);
      if (!strings || strings->type != kSectionStrings || section->entsize != sizeof(SymbolRecord)) {
        return malformed("the symbol table's header is broken", header.shoff + i * sizeof(SectionHeader));
      }
      auto records = Content(file, *section);
      auto names = Content(file, *strings);
      if (!records || !names)
        return malformed("the symbol table ends past the end of the file", header.shoff + i * sizeof(SectionHeader));
      SymbolTable table;
      table.records_ = *records;
      table.strings_ = *names;
      table.count_ = records->size() / sizeof(SymbolRecord);
      return table;
    }
  }
  return Error::kNotFound;
}

std::optional<Symbol> SymbolTable::At(size_t index) const {
  if (index >= count_) return std::nullopt;
  SymbolRecord record;
  __builtin_memcpy(&record, records_.data() + index * sizeof(record), sizeof(record));
  const u8 type = record.info & 0xf;
  if (type != kSymbolNoType && type != kSymbolObject && type != kSymbolFunction && type != kSymbolIndirectFunction)
    return std::nullopt;
  if (record.shndx == kUndefined || record.shndx >= kFirstReserved) return std::nullopt;
  auto name = NameAt(strings_, record.name);
  // "$x" and "$d" mark code and data on Arm and name nothing.
  if (!name || name->empty() || name->starts_with('$')) return std::nullopt;
  return Symbol{*name, record.value, record.size};
}

std::optional<Symbol> SymbolTable::Nearest(u64 address) const {
  std::optional<Symbol> below;
  for (size_t i = 0; i < count_; i++) {
    auto symbol = At(i);
    if (!symbol || symbol->value > address) continue;
    if (address - symbol->value < symbol->size) return symbol;
    if (symbol->size == 0 && (!below || symbol->value > below->value)) below = symbol;
  }
  return below;
}

}  // namespace caponier::elf
