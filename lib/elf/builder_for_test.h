// Small ELF files made to order, for tests: a valid program by default, and every field within reach to break.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "lib/elf/format.h"
#include "lib/elf/image.h"

namespace caponier::elf {

struct FileForTest {
  std::vector<std::byte> bytes;

  template <typename T>
  T& At(size_t offset) {
    return *reinterpret_cast<T*>(bytes.data() + offset);
  }
  Header& header() { return At<Header>(0); }
  ProgramHeader& segment(size_t i) { return At<ProgramHeader>(sizeof(Header) + i * sizeof(ProgramHeader)); }
  Bytes view() const { return bytes; }
};

inline ProgramHeader SegmentForTest(u32 type, u32 flags, u64 offset, u64 vaddr, u64 filesz, u64 memsz, u64 align) {
  ProgramHeader out;
  out.type = type;
  out.flags = flags;
  out.offset = offset;
  out.vaddr = vaddr;
  out.paddr = vaddr;
  out.filesz = filesz;
  out.memsz = memsz;
  out.align = align;
  return out;
}

inline constexpr u64 kBaseForTest = 0x400000;

inline FileForTest MakeFile(std::vector<ProgramHeader> segments, u64 file_size, Machine machine = Machine::kX86_64,
                            u16 type = kTypeExecutable, u64 entry = kBaseForTest + 0x1000) {
  FileForTest file;
  file.bytes.resize(file_size);
  Header header = NewHeader(type, machine);
  header.entry = entry;
  header.phnum = static_cast<u16>(segments.size());
  header.shentsize = sizeof(SectionHeader);
  std::memcpy(file.bytes.data(), &header, sizeof(header));
  std::memcpy(file.bytes.data() + sizeof(header), segments.data(), segments.size() * sizeof(ProgramHeader));
  return file;
}

// Three segments (headers, code, data with 8 KiB of zeroes) over a file of 0x3000 bytes; then whatever is given.
inline FileForTest ValidFile(std::vector<ProgramHeader> more = {}, Machine machine = Machine::kX86_64) {
  std::vector<ProgramHeader> segments = {
      SegmentForTest(kSegmentLoad, kFlagRead, 0, kBaseForTest, 0x400, 0x400, 0x1000),
      SegmentForTest(kSegmentLoad, kFlagRead | kFlagExecute, 0x1000, kBaseForTest + 0x1000, 0x800, 0x800, 0x1000),
      SegmentForTest(kSegmentLoad, kFlagRead | kFlagWrite, 0x2010, kBaseForTest + 0x3010, 0x100, 0x2000, 0x1000),
  };
  segments.insert(segments.end(), more.begin(), more.end());
  return MakeFile(segments, 0x3000, machine);
}

}  // namespace caponier::elf
