#include "tool/order/linked_kernel.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace caponier::tool::order {
namespace {

constexpr u64 kMostImageBytes = 64 * kMiB, kMostAlignment = 2 * kMiB;
constexpr std::string_view kFunctionList = ".caponier.functions", kEntryName = ".text.entry";

// [gabi] 4: sh_type, sh_flags, special section indices, the parts of st_info.
constexpr u32 kSectionRela = 4, kSectionNoBits = 8, kSectionRelr = 19;
constexpr u64 kSectionAllocated = 2;
constexpr u16 kIndexUndefined = 0, kIndexAbsolute = 0xfff1;
constexpr u8 kSymbolTypeSection = 3;
struct RelaRecord {
  Le64 offset;
  Le32 type, symbol;  // r_info's halves
  Le64 addend;
};
static_assert(sizeof(RelaRecord) == 24);

class KernelReader {
 public:
  KernelReader(Bytes file, Diagnostics& diagnostics) : diagnostics_(diagnostics) { kernel_.file = file; }

  Result<LinkedKernel> Read() {
    if (!ReadHeaders() || !ReadSegments() || !ReadFunctions() || !ReadSymbols() || !ReadRelocations() || !ReadPointers())
      return Error::kMalformed;
    return std::move(kernel_);
  }

 private:
  bool Malformed(std::string_view what, u64 offset) {
    diagnostics_.Malformed(what, offset);
    return false;
  }

  // Copies an array of records out of the file.
  template <typename Record>
  bool CopyTable(u64 offset, u64 count, std::vector<Record>& table) {
    const Bytes file = kernel_.file;
    if (count > file.size() / sizeof(Record) || offset > file.size() - count * sizeof(Record))
      return Malformed("the kernel's file is cut off", offset);
    table.resize(count);
    if (count != 0) std::memcpy(table.data(), file.data() + offset, count * sizeof(Record));
    return true;
  }

  std::optional<Bytes> Contents(const elf::SectionHeader& section) const {
    const Bytes file = kernel_.file;
    if (section.type == kSectionNoBits || section.offset > file.size() || section.size > file.size() - section.offset)
      return std::nullopt;
    return file.subspan(section.offset, section.size);
  }

  static std::string_view TextAt(Bytes strings, u64 offset) {
    if (offset >= strings.size()) return {};
    const std::string_view rest = AsText(strings).substr(offset);
    return rest.substr(0, rest.find('\0'));
  }
  std::string_view NameOf(const elf::SectionHeader& section) const { return TextAt(section_names_, section.name); }

  std::vector<elf::SectionHeader>::const_iterator SectionOfType(u32 type) const {
    return std::ranges::find_if(kernel_.sections, [=](const elf::SectionHeader& section) { return section.type == type; });
  }

  bool ReadHeaders() {
    elf::Header header;
    if (kernel_.file.size() < sizeof(header)) return Malformed("the kernel's file is cut off", kernel_.file.size());
    std::memcpy(&header, kernel_.file.data(), sizeof(header));
    if (std::memcmp(header.ident, elf::kMagic, sizeof(elf::kMagic)) != 0 || header.ident[elf::kIdentClass] != elf::kClass64 ||
        header.ident[elf::kIdentData] != elf::kDataLittle || header.type != elf::kTypeDynamic)
      return Malformed("the kernel's file is not a position-independent ELF program", 0);
    kernel_.machine = static_cast<elf::Machine>(static_cast<u16>(header.machine));
    if (kernel_.machine != elf::Machine::kX86_64 && kernel_.machine != elf::Machine::kAarch64)
      return Malformed("the kernel's file is for another machine", offsetof(elf::Header, machine));
    if (header.phentsize != sizeof(elf::ProgramHeader) || header.shentsize != sizeof(elf::SectionHeader))
      return Malformed("the kernel's file has headers of another size", offsetof(elf::Header, phentsize));
    if (!CopyTable(header.phoff, header.phnum, kernel_.segments) || !CopyTable(header.shoff, header.shnum, kernel_.sections))
      return false;
    if (header.shstrndx >= kernel_.sections.size()) return Malformed("the kernel's sections have no names", header.shoff);
    const std::optional<Bytes> names = Contents(kernel_.sections[header.shstrndx]);
    if (!names.has_value()) return Malformed("the kernel's sections have no names", header.shoff);
    section_names_ = *names;
    kernel_.name_section = header.shstrndx;
    return true;
  }

  bool ReadSegments() {
    u64 filled = 0;
    for (const elf::ProgramHeader& segment : kernel_.segments) {
      if (segment.type != elf::kSegmentLoad) continue;
      const bool text = kernel_.text_bytes == 0;
      if ((segment.flags & elf::kFlagExecute) != 0 ? !text || segment.vaddr != 0 : text)
        return Malformed("the kernel does not begin with one segment of code", segment.offset);
      if (segment.vaddr < kernel_.image_bytes || segment.vaddr > kMostImageBytes || segment.memsz > kMostImageBytes ||
          segment.filesz > segment.memsz || segment.offset > kernel_.file.size() ||
          segment.filesz > kernel_.file.size() - segment.offset)
        return Malformed("a segment of the kernel is out of place", segment.offset);
      if (text) {
        kernel_.text_bytes = segment.memsz;
        if (segment.filesz != segment.memsz || segment.memsz == 0 || !IsAligned(segment.memsz, kPageSize))
          return Malformed("the kernel's code is not whole pages of the file", segment.offset);
      }
      filled = segment.vaddr + segment.filesz;
      kernel_.image_bytes = segment.vaddr + segment.memsz;
      kernel_.image.resize(filled);
      std::ranges::copy(kernel_.file.subspan(segment.offset, segment.filesz),
                        kernel_.image.begin() + static_cast<std::ptrdiff_t>(u64{segment.vaddr}));
    }
    return kernel_.text_bytes != 0 || Malformed("the kernel has no code", 0);
  }

  bool ReadFunctions() {
    const auto list = std::ranges::find_if(kernel_.sections,
                                           [&](const elf::SectionHeader& section) { return NameOf(section) == kFunctionList; });
    const std::optional<Bytes> contents = list == kernel_.sections.end() ? std::nullopt : Contents(*list);
    if (!contents.has_value()) return Malformed("the kernel has no list of its functions", 0);
    std::string_view text = AsText(*contents);
    u64 end = 0;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      Function function;
      if (!ParseFunction(line, function)) return Malformed("a line of the list of functions is broken", list->offset);
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (function.bytes == 0) continue;
      if (function.begin < end || function.begin > kernel_.text_bytes || function.bytes > kernel_.text_bytes - function.begin)
        return Malformed("a function is out of place", function.begin);
      if (function.alignment > kMostAlignment || !std::has_single_bit(function.alignment) ||
          !IsAligned(function.begin, function.alignment))
        return Malformed("a function is not aligned", function.begin);
      end = function.end();
      kernel_.functions.push_back(function);
    }
    if (kernel_.functions.empty() || kernel_.functions.front().begin != 0 || kernel_.functions.front().name != kEntryName)
      return Malformed("the kernel does not begin with its entry", 0);
    kernel_.first_functions.reserve(kernel_.text_bytes / LinkedKernel::kGranule);
    u32 number = 0;
    for (u64 at = 0; at < kernel_.text_bytes; at += LinkedKernel::kGranule) {
      while (number + 1 < kernel_.functions.size() && kernel_.functions[number + 1].begin <= at) number++;
      kernel_.first_functions.push_back(number);
    }
    return true;
  }

  // "address bytes alignment name"
  static bool ParseFunction(std::string_view line, Function& function) {
    const auto number = [&](u64& value, int base) {
      const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, base);
      if (error != std::errc{} || end == line.data() + line.size() || *end != ' ') return false;
      line.remove_prefix(static_cast<size_t>(end - line.data()) + 1);
      return true;
    };
    if (!number(function.begin, 16) || !number(function.bytes, 16) || !number(function.alignment, 10)) return false;
    function.name = line;
    return !line.empty();
  }

  bool ReadSymbols() {
    const auto table = SectionOfType(elf::kSectionSymbols);
    if (table == kernel_.sections.end() || table->link >= kernel_.sections.size() || !Contents(*table).has_value())
      return Malformed("the kernel's file has no symbols", 0);
    kernel_.symbol_section = static_cast<size_t>(table - kernel_.sections.begin());
    kernel_.string_section = table->link;
    const std::optional<Bytes> strings = Contents(kernel_.sections[table->link]);
    std::vector<elf::SymbolRecord> records;
    if (!strings.has_value()) return Malformed("the kernel's symbols have no names", table->offset);
    if (!CopyTable(table->offset, table->size / sizeof(elf::SymbolRecord), records)) return false;
    kernel_.symbols.reserve(records.size());
    for (const elf::SymbolRecord& record : records) {
      const SymbolKind kind = record.shndx == kIndexUndefined            ? SymbolKind::kUndefined
                              : record.shndx == kIndexAbsolute           ? SymbolKind::kNumber
                              : (record.info & 15) == kSymbolTypeSection ? SymbolKind::kSection
                                                                         : SymbolKind::kPlace;
      kernel_.symbols.push_back({.name = TextAt(*strings, record.name), .value = record.value, .kind = kind});
    }
    return true;
  }

  bool ReadRelocations() {
    for (const elf::SectionHeader& section : kernel_.sections) {
      if (section.type != kSectionRela) continue;
      if (section.info >= kernel_.sections.size()) return Malformed("relocations belong to no section", section.offset);
      const elf::SectionHeader& target = kernel_.sections[section.info];
      if ((target.flags & kSectionAllocated) == 0) continue;  // a debugger's
      if (section.link != kernel_.symbol_section || section.entsize != sizeof(RelaRecord))
        return Malformed("relocations with another table of symbols", section.offset);
      std::vector<RelaRecord> records;
      if (!CopyTable(section.offset, section.size / sizeof(RelaRecord), records)) return false;
      RelocatedSection& relocated = kernel_.relocated.emplace_back();
      relocated.name = NameOf(target);
      relocated.relocations.reserve(records.size());
      for (const RelaRecord& record : records) {
        const Relocation relocation{
            .place = record.offset, .type = record.type, .symbol = record.symbol, .addend = static_cast<i64>(u64{record.addend})};
        if (relocation.place >= kernel_.image.size() || kernel_.image.size() - relocation.place < sizeof(u64))
          return Malformed("a relocation lies outside the image", relocation.place);
        if (relocation.symbol >= kernel_.symbols.size()) return Malformed("a relocation has no symbol", relocation.place);
        relocated.relocations.push_back(relocation);
      }
      std::ranges::sort(relocated.relocations, {}, &Relocation::place);
    }
    return !kernel_.relocated.empty() || Malformed("the kernel's file has no relocations", 0);
  }

  bool AddPointer(u64 place) {
    if (place < kernel_.text_bytes || place > kernel_.image.size() - sizeof(u64))
      return Malformed("a pointer lies outside the image's data", place);
    kernel_.pointers.push_back(place);
    return true;
  }

  // [gabi-relr]: an even entry is the place of a pointer, an odd one has a bit for each of the 63 words behind the last one listed.
  bool ReadPointers() {
    const auto section = SectionOfType(kSectionRelr);
    if (section == kernel_.sections.end() || section->addr < kernel_.text_bytes || section->addr > kernel_.image.size() ||
        section->size > kernel_.image.size() - section->addr || section->size % sizeof(u64) != 0)
      return Malformed("the kernel has no list of its pointers", 0);
    kernel_.relr_begin = section->addr;
    kernel_.relr_end = section->addr + section->size;
    u64 next = 0;
    for (u64 at = kernel_.relr_begin; at < kernel_.relr_end; at += sizeof(u64)) {
      Le64 entry;
      std::memcpy(&entry, kernel_.image.data() + at, sizeof(entry));
      if ((entry & 1) == 0) {
        if (!AddPointer(entry)) return false;
        next = entry + sizeof(u64);
        continue;
      }
      for (u64 bits = entry >> 1, place = next; bits != 0; bits >>= 1, place += sizeof(u64)) {
        if ((bits & 1) != 0 && !AddPointer(place)) return false;
      }
      next += 63 * sizeof(u64);
    }
    return std::ranges::adjacent_find(kernel_.pointers, std::ranges::greater_equal{}) == kernel_.pointers.end() ||
           Malformed("the list of pointers is not in order", kernel_.relr_begin);
  }

  Diagnostics& diagnostics_;
  LinkedKernel kernel_;
  Bytes section_names_;
};

}  // namespace

std::optional<size_t> LinkedKernel::FunctionAt(u64 address) const {
  if (address >= text_bytes) return std::nullopt;
  size_t number = first_functions[address / kGranule];
  while (number + 1 < functions.size() && functions[number + 1].begin <= address) number++;
  if (address >= functions[number].end()) return std::nullopt;
  return number;
}

Result<LinkedKernel> ReadKernel(Bytes file, Diagnostics& diagnostics) { return KernelReader(file, diagnostics).Read(); }

}  // namespace caponier::tool::order
