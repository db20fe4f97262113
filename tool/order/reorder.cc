#include "tool/order/reorder.h"

#include <algorithm>

#include "tool/order/repair.h"

namespace caponier::tool::order {
namespace {

constexpr u8 kX86Trap = 0xcc;              // INT3, wherever one lands
constexpr u32 kAarch64Trap = 0xd420'0000;  // BRK #0
constexpr u64 kImageOffset = kPageSize;    // in an ELF file: headers, then the image
constexpr u64 kSectionAllocated = 2;       // [gabi] 4, sh_flags

// [gabi] 5, d_tag: those of this image that hold addresses; the last two are GNU's hash table and RELR's.
constexpr u64 kAddressTags[] = {3, 4, 5, 6, 0x6fff'fef5, 36};

void FillWithTraps(elf::Machine machine, MutableBytes text) {
  if (machine == elf::Machine::kX86_64) {
    std::ranges::fill(text, std::byte{kX86Trap});
    return;
  }
  const Le32 trap(kAarch64Trap);
  for (u64 at = 0; at < text.size(); at += sizeof(trap)) std::memcpy(text.data() + at, &trap, sizeof(trap));
}

std::vector<std::byte> MoveParts(const LinkedKernel& kernel, const Placement& placement) {
  std::vector<std::byte> image(placement.text_bytes + kernel.image.size() - kernel.text_bytes);
  FillWithTraps(kernel.machine, MutableBytes(image).first(placement.text_bytes));
  for (size_t i = 0; i < kernel.functions.size(); i++) {
    const Function& function = kernel.functions[i];
    std::memcpy(image.data() + placement.begins[i], kernel.image.data() + function.begin, function.bytes);
  }
  std::ranges::copy(Bytes(kernel.image).subspan(kernel.text_bytes),
                    image.begin() + static_cast<std::ptrdiff_t>(placement.text_bytes));
  return image;
}

template <typename T>
T& At(MutableBytes bytes, u64 offset) {
  static_assert(alignof(T) == 1);
  return *reinterpret_cast<T*>(bytes.data() + offset);
}

bool MovePointers(const LinkedKernel& kernel, const Moves& moves, MutableBytes image, Diagnostics& diagnostics) {
  for (const u64 place : kernel.pointers) {
    Le64& pointer = At<Le64>(image, place + moves.growth());
    const std::optional<u64> move = moves.Of(pointer);
    if (!move.has_value() || pointer > kernel.image_bytes) {
      diagnostics.Malformed("a pointer to no part of the image", place);
      return false;
    }
    pointer = pointer + *move;
  }
  for (u64 at = kernel.relr_begin; at < kernel.relr_end; at += sizeof(u64)) {
    Le64& entry = At<Le64>(image, at + moves.growth());
    if ((entry & 1) == 0) entry = entry + moves.growth();
  }
  return true;
}

// The image does not use it; who looks at the file may.
void MoveDynamic(const LinkedKernel& kernel, u64 growth, MutableBytes image) {
  for (const elf::ProgramHeader& segment : kernel.segments) {
    if (segment.type != elf::kSegmentDynamic || segment.vaddr < kernel.text_bytes || segment.vaddr > kernel.image.size() ||
        segment.filesz > kernel.image.size() - segment.vaddr)
      continue;
    for (u64 at = 0; at + sizeof(elf::DynamicRecord) <= segment.filesz; at += sizeof(elf::DynamicRecord)) {
      auto& record = At<elf::DynamicRecord>(image, segment.vaddr + growth + at);
      if (std::ranges::find(kAddressTags, u64{record.tag}) != std::end(kAddressTags)) record.value = record.value + growth;
    }
  }
}

// The headers and the image behind them, without sections.
std::vector<std::byte> ElfFile(const LinkedKernel& kernel, const ReorderedKernel& reordered) {
  std::vector<std::byte> file(kImageOffset + reordered.image.size());
  std::ranges::copy(reordered.image, file.begin() + kImageOffset);
  auto& header = At<elf::Header>(file, 0);
  std::memcpy(&header, kernel.file.data(), sizeof(header));
  header.phoff = sizeof(header);
  header.shoff = 0;
  header.shnum = 0;
  header.shstrndx = 0;
  u64 at = sizeof(header);
  for (elf::ProgramHeader segment : kernel.segments) {
    if (segment.vaddr >= kernel.text_bytes) {
      segment.vaddr = segment.vaddr + reordered.growth;
      segment.paddr = segment.paddr + reordered.growth;
    } else if (segment.type == elf::kSegmentLoad) {
      segment.filesz = kernel.text_bytes + reordered.growth;
      segment.memsz = kernel.text_bytes + reordered.growth;
    }
    if (reordered.place.has_value()) segment.paddr = *reordered.place + segment.vaddr;
    segment.offset = kImageOffset + segment.vaddr;
    std::memcpy(file.data() + at, &segment, sizeof(segment));
    at += sizeof(segment);
  }
  return file;
}

// A symbol may stand at the end of a function, where nothing else is.
u64 SymbolMove(const Moves& moves, u64 value) {
  if (const std::optional<u64> move = moves.Of(value)) return *move;
  return value == 0 ? 0 : moves.Of(value - 1).value_or(0);
}

}  // namespace

PlaceMap::PlaceMap(const LinkedKernel& kernel, const Placement& placement) {
  parts_.reserve(kernel.functions.size() + 1);
  for (size_t i = 0; i < kernel.functions.size(); i++)
    parts_.push_back({placement.begins[i], kernel.functions[i].bytes, kernel.functions[i].begin});
  parts_.push_back({placement.text_bytes, kernel.image_bytes - kernel.text_bytes, kernel.text_bytes});
  std::ranges::sort(parts_, {}, &Part::begin);
}

std::optional<PlaceMap::Linked> PlaceMap::Find(u64 offset) const {
  const auto above = std::ranges::upper_bound(parts_, offset, {}, &Part::begin);
  if (above == parts_.begin()) return std::nullopt;
  const Part& part = *(above - 1);
  const u64 inside = offset - part.begin;
  if (inside <= part.bytes)
    return Linked{.offset = part.linked + inside};  // a call that does not return may be a function's last
  if (above == parts_.end()) return std::nullopt;
  return Linked{.offset = part.linked + part.bytes, .sled = true};
}

Result<ReorderedKernel> Reorder(const LinkedKernel& kernel, const Placement& placement, Diagnostics& diagnostics) {
  const Moves moves(kernel, placement);
  ReorderedKernel reordered{.image = MoveParts(kernel, placement), .growth = moves.growth()};
  const bool repaired = kernel.machine == elf::Machine::kX86_64 ? RepairX86(kernel, moves, reordered.image, diagnostics)
                                                                : RepairAarch64(kernel, moves, reordered.image, diagnostics);
  if (!repaired || !MovePointers(kernel, moves, reordered.image, diagnostics)) return Error::kMalformed;
  MoveDynamic(kernel, moves.growth(), reordered.image);
  return reordered;
}

std::vector<std::byte> BootFile(const LinkedKernel& kernel, const ReorderedKernel& reordered) {
  return kernel.machine == elf::Machine::kX86_64 ? ElfFile(kernel, reordered) : reordered.image;
}

std::vector<std::byte> SymbolFile(const LinkedKernel& kernel, const Placement& placement, const ReorderedKernel& reordered) {
  const Moves moves(kernel, placement);
  std::vector<std::byte> file = ElfFile(kernel, reordered);
  std::vector<elf::SectionHeader> sections = kernel.sections;
  elf::Header original;
  std::memcpy(&original, kernel.file.data(), sizeof(original));
  for (size_t i = 0; i < sections.size(); i++) {
    elf::SectionHeader& section = sections[i];
    if ((section.flags & kSectionAllocated) != 0) {
      if (moves.InText(section.addr)) {
        section.size = placement.text_bytes;
      } else {
        section.addr = section.addr + moves.growth();
      }
      section.offset = kImageOffset + section.addr;
    } else if (i == kernel.symbol_section || i == kernel.string_section || i == kernel.name_section) {
      const Bytes contents = kernel.file.subspan(section.offset, section.size);
      section.offset = file.size();
      file.insert(file.end(), contents.begin(), contents.end());
    } else {
      section = {};
    }
  }
  const u64 table = sections[kernel.symbol_section].offset;
  for (size_t i = 0; i < kernel.symbols.size(); i++) {
    auto& record = At<elf::SymbolRecord>(file, table + i * sizeof(elf::SymbolRecord));
    if (record.shndx < sections.size() && (sections[record.shndx].flags & kSectionAllocated) != 0)
      record.value = record.value + SymbolMove(moves, record.value);
  }
  auto& header = At<elf::Header>(file, 0);
  header.shoff = file.size();
  header.shnum = original.shnum;
  header.shstrndx = original.shstrndx;
  const Bytes headers = std::as_bytes(std::span(sections));
  file.insert(file.end(), headers.begin(), headers.end());
  return file;
}

}  // namespace caponier::tool::order
