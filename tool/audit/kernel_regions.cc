#include "tool/audit/kernel_regions.h"

#include <algorithm>
#include <cstring>

#include "lib/elf/format.h"
#include "lib/elf/symbols.h"

namespace caponier::tool::audit {
namespace {

// mm::Region of kernel/mm/kernel_space.cc: first page, pages, name, and a flag that is of no interest here.
constexpr u64 kRecordBytes = 32, kPagesOffset = 8, kNameOffset = 16;
constexpr char kListSymbol[] = "_ZN8caponier2mm12_GLOBAL__N_19g_regionsE",
               kCountSymbol[] = "_ZN8caponier2mm12_GLOBAL__N_17g_countE";
constexpr u64 kMostRegions = 1 << 20, kLongestName = 64;

class KernelMemory {
 public:
  KernelMemory(const Walk& walk, const MemoryImage& memory) : walk_(walk), memory_(memory) {}
  std::optional<u64> Word(u64 address) const {
    const auto above = std::ranges::upper_bound(walk_.mappings, address, {}, &Mapping::address);
    if (above == walk_.mappings.begin()) return std::nullopt;
    const Mapping& mapping = *(above - 1);
    if (address >= mapping.end()) return std::nullopt;
    return memory_.Word(mapping.physical + (address - mapping.address));
  }
  std::optional<std::string> Text(u64 address) const {
    std::string text;
    while (text.size() < kLongestName) {
      const std::optional<u64> word = Word(AlignDown(address, sizeof(u64)));
      if (!word.has_value()) return std::nullopt;
      const char letter = static_cast<char>(*word >> 8 * (address % sizeof(u64)));
      if (letter == 0) return text;
      if (letter < ' ' || letter > '~') return std::nullopt;
      text += letter;
      address++;
    }
    return std::nullopt;
  }

 private:
  const Walk& walk_;
  const MemoryImage& memory_;
};

// The image is linked to address 0 and begins with its code, the only code of that half.
std::vector<Mapping>::const_iterator FindImage(const Walk& walk) {
  return std::ranges::find_if(walk.mappings,
                              [](const Mapping& mapping) { return mapping.half() == Half::kKernel && mapping.execute(); });
}

}  // namespace

Result<std::vector<Region>> ReadKernelRegions(const Walk& walk, const MemoryImage& memory, Bytes kernel,
                                              Diagnostics& diagnostics) {
  const auto malformed = [&](std::string_view what, u64 offset = 0) {
    diagnostics.Malformed(what, offset);
    return Error::kMalformed;
  };
  const Result<elf::SymbolTable> symbols = elf::SymbolTable::Open(kernel, diagnostics);
  if (!symbols.ok()) return malformed("the kernel's file has no symbols");
  u64 list_offset = 0, count_offset = 0;
  for (size_t i = 0; i < symbols.value().count(); i++) {
    const std::optional<elf::Symbol> symbol = symbols.value().At(i);
    if (symbol.has_value() && symbol->name == kListSymbol) list_offset = symbol->value;
    if (symbol.has_value() && symbol->name == kCountSymbol) count_offset = symbol->value;
  }
  const auto image = FindImage(walk);
  if (list_offset == 0 || count_offset == 0 || image == walk.mappings.end())
    return malformed("the kernel's list of regions cannot be found");
  const KernelMemory reader(walk, memory);
  const std::optional<u64> list = reader.Word(image->address + list_offset), count = reader.Word(image->address + count_offset);
  if (!list.has_value() || !count.has_value() || *count == 0 || *count > kMostRegions)
    return malformed("the kernel's list of regions is not where its symbols say");
  std::vector<Region> regions;
  for (u64 i = 0; i < *count; i++) {
    const u64 at = *list + i * kRecordBytes;
    const std::optional<u64> page = reader.Word(at), pages = reader.Word(at + kPagesOffset), name = reader.Word(at + kNameOffset);
    const std::optional<std::string> text = name.has_value() ? reader.Text(*name) : std::nullopt;
    if (!page.has_value() || !pages.has_value() || !text.has_value())
      return malformed("a region of the kernel's list is broken", i);
    const u64 begin = *page << kPageBits, end = (*page + *pages) << kPageBits;
    if (begin < walk.kernel_begin || end <= begin || (!regions.empty() && begin < regions.back().end))
      return malformed("the regions of the kernel's list are not in order", i);
    regions.push_back({.name = *text, .begin = begin, .end = end});
  }
  if (std::ranges::none_of(regions, [&](const Region& region) { return region.begin == image->address; }))
    return malformed("the kernel's list of regions does not have its image");
  return regions;
}

Result<std::vector<Region>> ReadImageSegments(const Walk& walk, Bytes kernel, Diagnostics& diagnostics) {
  const auto malformed = [&](std::string_view what, u64 offset) {
    diagnostics.Malformed(what, offset);
    return Error::kMalformed;
  };
  constexpr u32 kExecute = 1, kWrite = 2;  // [gabi] 5, p_flags
  elf::Header header;
  if (kernel.size() < sizeof(header)) return malformed("the kernel's file is cut off", kernel.size());
  std::memcpy(&header, kernel.data(), sizeof(header));
  const u64 table = header.phoff, bytes = u64{header.phnum} * sizeof(elf::ProgramHeader);
  if (table > kernel.size() || bytes > kernel.size() - table) return malformed("the kernel's program headers are cut off", table);
  const auto image = FindImage(walk);
  if (image == walk.mappings.end()) return malformed("no page of the kernel's image is mapped", 0);
  std::vector<Region> segments;
  for (u64 at = table; at < table + bytes; at += sizeof(elf::ProgramHeader)) {
    elf::ProgramHeader segment;
    std::memcpy(&segment, kernel.data() + at, sizeof(segment));
    if (segment.type != elf::kSegmentLoad) continue;
    const u64 begin = AlignDown(segment.vaddr, kPageSize), end = AlignUp(segment.vaddr + segment.memsz, kPageSize);
    segments.push_back({.name = "kernel image",
                        .begin = image->address + begin,
                        .end = image->address + end,
                        .write = (segment.flags & kWrite) != 0,
                        .execute = (segment.flags & kExecute) != 0});
  }
  std::ranges::sort(segments, {}, &Region::begin);
  return segments;
}

}  // namespace caponier::tool::audit
