#include "tool/audit/memory_image.h"

#include <cstring>

#include "lib/elf/format.h"

namespace caponier::tool::audit {
namespace {

template <typename T>
bool ReadAt(Bytes file, u64 offset, T& out) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return false;
  std::memcpy(&out, file.data() + offset, sizeof(T));
  return true;
}

}  // namespace

Result<MemoryImage> MemoryImage::FromCore(Bytes file, Diagnostics& diagnostics) {
  const auto malformed = [&](std::string_view what, u64 offset) {
    diagnostics.Malformed(what, offset);
    return Error::kMalformed;
  };
  elf::Header header;
  if (!ReadAt(file, 0, header) || std::memcmp(header.ident, elf::kMagic, sizeof(elf::kMagic)) != 0)
    return malformed("not an ELF file", 0);
  if (header.ident[elf::kIdentClass] != elf::kClass64 || header.ident[elf::kIdentData] != elf::kDataLittle)
    return malformed("not a 64-bit little-endian file", elf::kIdentClass);
  if (header.type != elf::kTypeCore) return malformed("not a core file", offsetof(elf::Header, type));
  if (header.phentsize != sizeof(elf::ProgramHeader))
    return malformed("a program header of another size", offsetof(elf::Header, phentsize));
  constexpr u16 kMostPieces = 1024;  // QEMU writes a few; each is compared with each
  if (header.phnum > kMostPieces) return malformed("more pieces of memory than a dump has", offsetof(elf::Header, phnum));
  MemoryImage image;
  for (u64 i = 0; i < header.phnum; i++) {
    u64 at = 0;
    elf::ProgramHeader segment;
    if (!CheckedAdd<u64>(header.phoff, i * sizeof(segment), &at) || !ReadAt(file, at, segment))
      return malformed("its program headers are cut off", at);
    if (segment.type != elf::kSegmentLoad) continue;
    if (segment.offset > file.size() || segment.filesz > file.size() - segment.offset)
      return malformed("a piece of memory is cut off", at);
    if (!image.Add(segment.paddr, file.subspan(segment.offset, segment.filesz)))
      return malformed("pieces of memory that overlap", at);
  }
  if (image.total_ == 0) return malformed("no memory in it", header.phoff);
  return image;
}

bool MemoryImage::Add(u64 begin, Bytes bytes) {
  u64 end = 0;
  if (!CheckedAdd<u64>(begin, bytes.size(), &end)) return false;
  for (const Range& range : ranges_) {
    if (begin < range.begin + range.bytes.size() && range.begin < end) return false;
  }
  ranges_.push_back({begin, bytes});
  total_ += bytes.size();
  return true;
}

const MemoryImage::Range* MemoryImage::RangeOf(u64 begin, u64 bytes) const {
  for (const Range& range : ranges_) {
    if (begin >= range.begin && range.bytes.size() >= bytes && begin - range.begin <= range.bytes.size() - bytes) return &range;
  }
  return nullptr;
}

std::optional<u64> MemoryImage::Word(u64 physical) const {
  const Range* range = RangeOf(physical, sizeof(u64));
  if (range == nullptr) return std::nullopt;
  Le64 word;
  std::memcpy(&word, range->bytes.data() + (physical - range->begin), sizeof(word));
  return word;
}

bool MemoryImage::Holds(u64 begin, u64 bytes) const { return RangeOf(begin, bytes) != nullptr; }

}  // namespace caponier::tool::audit
