// ELF64, little-endian, as it lies in a file: [gabi] chapters 4 (object files) and 5 (program loading). Only the records and
// the values that this project reads.
#pragma once

#include "lib/base/bytes.h"

namespace caponier::elf {

inline constexpr u8 kMagic[4] = {0x7f, 'E', 'L', 'F'};

// [gabi] 4, "ELF Identification": offsets in Header::ident, and the values expected there.
inline constexpr size_t kIdentClass = 4;
inline constexpr size_t kIdentData = 5;
inline constexpr size_t kIdentVersion = 6;
inline constexpr u8 kClass32 = 1;
inline constexpr u8 kClass64 = 2;
inline constexpr u8 kDataLittle = 1;
inline constexpr u8 kDataBig = 2;
inline constexpr u8 kVersionCurrent = 1;

// [gabi] 4, e_type.
inline constexpr u16 kTypeRelocatable = 1;
inline constexpr u16 kTypeExecutable = 2;
inline constexpr u16 kTypeDynamic = 3;
inline constexpr u16 kTypeCore = 4;

// [gabi] 4, e_machine.
enum class Machine : u16 { kX86_64 = 62, kAarch64 = 183 };

struct Header {
  u8 ident[16];
  Le16 type;
  Le16 machine;
  Le32 version;
  Le64 entry;
  Le64 phoff;
  Le64 shoff;
  Le32 flags;
  Le16 ehsize;
  Le16 phentsize;
  Le16 phnum;
  Le16 shentsize;
  Le16 shnum;
  Le16 shstrndx;
};
static_assert(sizeof(Header) == 64);

// [gabi] 5, p_type; the GNU ones: [linux-gabi] "Program header".
inline constexpr u32 kSegmentLoad = 1;
inline constexpr u32 kSegmentDynamic = 2;
inline constexpr u32 kSegmentInterpreter = 3;
inline constexpr u32 kSegmentTls = 7;
inline constexpr u32 kSegmentGnuStack = 0x6474e551;
inline constexpr u32 kSegmentGnuRelro = 0x6474e552;
inline constexpr u32 kSegmentGnuProperty = 0x6474e553;

// [gabi] 5, p_flags.
inline constexpr u32 kFlagExecute = 1;
inline constexpr u32 kFlagWrite = 2;
inline constexpr u32 kFlagRead = 4;

struct ProgramHeader {
  Le32 type;
  Le32 flags;
  Le64 offset;
  Le64 vaddr;
  Le64 paddr;
  Le64 filesz;
  Le64 memsz;
  Le64 align;
};
static_assert(sizeof(ProgramHeader) == 56);

// Of a new file that has its program headers, whose number is left open, right behind this one; what is not named here is zero.
constexpr Header NewHeader(u16 type, Machine machine) {
  Header header{};
  for (size_t i = 0; i < sizeof(kMagic); i++) header.ident[i] = kMagic[i];
  header.ident[kIdentClass] = kClass64;
  header.ident[kIdentData] = kDataLittle;
  header.ident[kIdentVersion] = kVersionCurrent;
  header.type = type;
  header.machine = static_cast<u16>(machine);
  header.version = kVersionCurrent;
  header.phoff = sizeof(Header);
  header.ehsize = sizeof(Header);
  header.phentsize = sizeof(ProgramHeader);
  return header;
}

// [gabi] 4, sh_type.
inline constexpr u32 kSectionSymbols = 2;
inline constexpr u32 kSectionStrings = 3;
inline constexpr u32 kSectionDynamicSymbols = 11;

struct SectionHeader {
  Le32 name;
  Le32 type;
  Le64 flags;
  Le64 addr;
  Le64 offset;
  Le64 size;
  Le32 link;
  Le32 info;
  Le64 addralign;
  Le64 entsize;
};
static_assert(sizeof(SectionHeader) == 64);

struct SymbolRecord {
  Le32 name;
  u8 info;
  u8 other;
  Le16 shndx;
  Le64 value;
  Le64 size;
};
static_assert(sizeof(SymbolRecord) == 24);

// [gabi] 5, d_tag.
inline constexpr u64 kDynamicNull = 0;
inline constexpr u64 kDynamicNeeded = 1;
inline constexpr u64 kDynamicStrings = 5;
inline constexpr u64 kDynamicStringsSize = 10;
inline constexpr u64 kDynamicSoname = 14;
inline constexpr u64 kDynamicRpath = 15;
inline constexpr u64 kDynamicRunpath = 29;

struct DynamicRecord {
  Le64 tag;
  Le64 value;
};
static_assert(sizeof(DynamicRecord) == 16);

struct NoteHeader {
  Le32 name_size;
  Le32 description_size;
  Le32 type;
};
static_assert(sizeof(NoteHeader) == 12);

}  // namespace caponier::elf
