// A small linked kernel of either architecture, with a reference of each kind, and every field within reach to break. Text from 0, one page;
// behind it a page of data, which begins with the list of pointers.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "lib/elf/format.h"
#include "lib/elf/image.h"

namespace caponier::tool::order {

struct RelaForTest {
  Le64 offset;
  Le32 type, symbol;
  Le64 addend;
};

struct KernelForTest {
  static constexpr u64 kText = 0x1000, kData = 0x2000;                        // in the file
  static constexpr u64 kDataAt = 0x1000, kTable = 0x1100, kPointer = 0x1080;  // addresses
  static constexpr u64 kWord = 0x1200, kImageEnd = 0x2800;
  static constexpr u64 kNote = 0x1500, kPvhEntry = kNote + 16, kDrawnPlace = 0x1600, kLoadedAt = 0x200000;
  // Functions: the entry, three more, one with a jump table, and one that leaves no room on the page for sleds.
  static constexpr u64 kEntry = 0, kFirst = 0x40, kSecond = 0x80, kThird = 0xc4, kSwitch = 0x100;
  // Symbols by number.
  enum Symbol : u32 {
    kNone,
    kTextSection,
    kDataSection,
    kFirstSymbol,
    kSecondSymbol,
    kThirdSymbol,
    kNumber,
    kNowhere,
    kDrawnPlaceSymbol
  };

  elf::Machine machine;
  std::vector<std::byte> text = std::vector<std::byte>(0x1000), data = std::vector<std::byte>(0x1000);
  std::vector<RelaForTest> code_references = {}, data_references = {}, word_references = {};  // of .text, .rodata, .table
  std::string functions =
      "0 20 1 .text.entry\n40 30 16 .text.first\n80 40 32 .text.second\nc4 8 4 .text.third\n100 40 16 .text.switch\n140 ec0 16 "
      ".text.filler\n";
  u32 number_value = 0x2800;
  std::string number_name = "__image_bytes", place_name = "g_drawn_place";
  u32 note_type = 4;  // of its segment

  template <typename T>
  void Put(u64 address, T value) {
    const Le<T> bytes(value);
    std::byte* to = address < kDataAt ? text.data() + address : data.data() + (address - kDataAt);
    std::memcpy(to, &bytes, sizeof(bytes));
  }
  // A 32-bit distance at `place` to `target`, with the relocation that says so.
  void Distance(std::vector<RelaForTest>& references, u64 place, u64 target, u32 symbol, u64 symbol_value, u32 type, u64 from) {
    Put(place, static_cast<u32>(target - from));
    references.push_back({place, type, symbol, target - from + place - symbol_value});
  }

  std::vector<std::byte> File() const {
    constexpr u32 kSections = 10;
    const std::string section_names("\0.text\0.rodata\0.table\0.caponier.functions\0", 43);
    const std::string strings = std::string("\0first\0second\0third\0", 20) + number_name + '\0' + place_name + '\0';
    std::vector<elf::SymbolRecord> symbols(9);
    const auto symbol = [&](u32 number, u32 name, u8 info, u16 section, u64 value) {
      symbols[number].name = name;
      symbols[number].info = info;
      symbols[number].shndx = section;
      symbols[number].value = value;
    };
    symbol(kTextSection, 0, 3, 1, 0);
    symbol(kDataSection, 0, 3, 2, kDataAt);
    symbol(kFirstSymbol, 1, 2, 1, kFirst);
    symbol(kSecondSymbol, 7, 2, 1, kSecond);
    symbol(kThirdSymbol, 14, 0, 1, kThird);
    symbol(kNumber, 20, 0, 0xfff1, number_value);
    symbol(kDrawnPlaceSymbol, static_cast<u32>(21 + number_name.size()), 1, 2, kDrawnPlace);

    std::vector<std::byte> file(kText);
    file.insert(file.end(), text.begin(), text.end());
    file.insert(file.end(), data.begin(), data.end());
    std::vector<elf::SectionHeader> sections(kSections);
    const auto section = [&](u32 number, u32 name, u32 type, u64 flags, u64 address, u64 offset, u64 size, u32 link, u32 info,
                             u64 entry) {
      elf::SectionHeader& header = sections[number];
      header.name = name;
      header.type = type;
      header.flags = flags;
      header.addr = address;
      header.offset = offset;
      header.size = size;
      header.link = link;
      header.info = info;
      header.entsize = entry;
    };
    const auto append = [&](Bytes bytes) {
      const u64 offset = file.size();
      file.insert(file.end(), bytes.begin(), bytes.end());
      return offset;
    };
    const auto table = [&](u32 number, u32 type, Bytes bytes, u32 link = 0, u32 info = 0, u64 entry = 0, u32 name = 0) {
      const u64 offset = append(bytes);
      section(number, name, type, 0, 0, offset, bytes.size(), link, info, entry);
    };
    constexpr u64 kAllocated = 2;
    section(1, 1, 1, kAllocated, 0, kText, 0x1000, 0, 0, 0);
    section(2, 7, 1, kAllocated, kDataAt, kData, 0x1000, 0, 0, 0);
    section(3, 15, 19, kAllocated, kDataAt, kData, 16, 0, 0, 8);  // the list of pointers; for names' sake also the table of words
    table(4, 4, std::as_bytes(std::span(code_references)), 7, 1, 24);
    table(5, 4, std::as_bytes(std::span(data_references)), 7, 2, 24);
    table(6, 4, std::as_bytes(std::span(word_references)), 7, 3, 24);
    table(7, 2, std::as_bytes(std::span(symbols)), 8, 0, 24);
    table(8, 3, AsBytes(strings));
    table(9, 1, AsBytes(functions), 0, 0, 0, 22);
    const u64 names = append(AsBytes(section_names));
    elf::SectionHeader name_header{};
    name_header.type = 3;
    name_header.offset = names;
    name_header.size = section_names.size();
    sections.push_back(name_header);

    elf::Header header = elf::NewHeader(elf::kTypeDynamic, machine);
    header.phnum = 3;
    header.shentsize = sizeof(elf::SectionHeader);
    header.shnum = static_cast<u16>(sections.size());
    header.shstrndx = static_cast<u16>(sections.size() - 1);
    header.shoff = append(std::as_bytes(std::span(sections)));
    std::memcpy(file.data(), &header, sizeof(header));
    elf::ProgramHeader segments[3]{};
    segments[0].type = segments[1].type = elf::kSegmentLoad;
    segments[0].flags = elf::kFlagRead | elf::kFlagExecute;
    segments[0].offset = kText;
    segments[0].filesz = segments[0].memsz = 0x1000;
    segments[1].flags = elf::kFlagRead;
    segments[1].offset = kData;
    segments[1].vaddr = kDataAt;
    segments[1].filesz = 0x1000;
    segments[1].memsz = kImageEnd - kDataAt;
    segments[2].type = note_type;
    segments[2].flags = elf::kFlagRead;
    segments[2].offset = kData + kNote - kDataAt;
    segments[2].vaddr = kNote;
    segments[2].filesz = segments[2].memsz = 20;
    for (elf::ProgramHeader& segment : segments) segment.paddr = kLoadedAt + segment.vaddr;
    std::memcpy(file.data() + sizeof(header), segments, sizeof(segments));
    return file;
  }
};

inline constexpr u32 kX86Pc32 = 2, kX86Plt32 = 4, kX86GotPcRelX = 42, kX86Abs64 = 1;

// Calls, a jump, an address of data, one out of the table of pointers, a jump table with two entries, a word that says where an
// instruction is, and a pointer.
inline KernelForTest X86KernelForTest() {
  using K = KernelForTest;
  KernelForTest kernel{.machine = elf::Machine::kX86_64};
  kernel.Put<u8>(0x10, 0xe8);  // entry: call first
  kernel.Distance(kernel.code_references, 0x11, K::kFirst, K::kFirstSymbol, K::kFirst, kX86Plt32, 0x15);
  kernel.Put<u8>(0x48, 0xe9);  // first: jmp into second, which its section names
  kernel.Distance(kernel.code_references, 0x49, K::kSecond + 8, K::kTextSection, 0, kX86Pc32, 0x4d);
  kernel.Put<u32>(0x85, 0x058d48);  // second: lea data(%rip), %rax
  kernel.Distance(kernel.code_references, 0x88, 0x1300, K::kDataSection, K::kDataAt, kX86Pc32, 0x8c);
  kernel.Put<u32>(0x90, 0x058b48);  // second: mov pointer(%rip), %rax
  kernel.Distance(kernel.code_references, 0x93, K::kPointer, K::kSecondSymbol, K::kSecond, kX86GotPcRelX, 0x97);
  kernel.Put<u32>(0x104, 0x058d48);  // switch: lea table(%rip), %rax
  kernel.Distance(kernel.code_references, 0x107, K::kTable, K::kDataSection, K::kDataAt, kX86Pc32, 0x10b);
  for (u64 entry = 0; entry < 2; entry++)
    kernel.Distance(kernel.data_references, K::kTable + 4 * entry, K::kSwitch + 0x10 + 8 * entry, K::kTextSection, 0, kX86Pc32,
                    K::kTable);
  kernel.Distance(kernel.word_references, K::kWord, K::kThird + 2, K::kTextSection, 0, kX86Pc32, K::kWord);
  kernel.Put<u64>(K::kDataAt, K::kPointer);
  kernel.Put<u64>(K::kDataAt + 8, 1);
  kernel.Put<u64>(K::kPointer, K::kSecond);
  kernel.data_references.push_back({K::kPointer, kX86Abs64, K::kSecondSymbol, 0});
  kernel.Put<u32>(K::kPvhEntry, K::kLoadedAt + 0x10);
  return kernel;
}

// One of each kind of reference that the code of the kernel has, the image's size, a word and a pointer.
inline KernelForTest Aarch64KernelForTest() {
  using K = KernelForTest;
  KernelForTest kernel{.machine = elf::Machine::kAarch64};
  const auto code = [&](u64 place, u32 instruction, u32 type, u32 symbol, u64 addend) {
    kernel.Put<u32>(place, instruction);
    kernel.code_references.push_back({place, type, symbol, addend});
  };
  kernel.Put<u64>(8, kernel.number_value);
  kernel.code_references.push_back({8, 257, K::kNumber, 0});
  code(0x10, 0x94000000 | (K::kFirst - 0x10) / 4, 283, K::kFirstSymbol, 0);                         // bl first
  code(0x40, 0x14000000 | (K::kSecond + 8 - 0x40) / 4, 282, K::kTextSection, K::kSecond + 8);       // b second+8
  code(0x44, 0x54000000 | static_cast<u32>((K::kThird - 0x44) / 4) << 5, 280, K::kThirdSymbol, 0);  // b.eq third
  code(0x48, 0x36000000 | static_cast<u32>((K::kThird - 0x48) / 4) << 5, 279, K::kThirdSymbol, 0);  // tbz w0, #0, third
  code(0x4c, 0x58000000 | static_cast<u32>((K::kThird - 0x4c) / 4) << 5, 273, K::kThirdSymbol, 0);  // ldr x0, third
  code(0x50, 0x10000000 | static_cast<u32>((K::kThird - 0x50) / 4) << 5, 274, K::kThirdSymbol, 0);  // adr x0, third
  code(0x80, 0xb0000000, 275, K::kDataSection, 0x344);                                              // adrp x0, data
  code(0x84, 0x91000000 | 0x344 << 10, 277, K::kDataSection, 0x344);                                // add x0, x0, :lo12:data
  code(0x88, 0x90000000, 275, K::kThirdSymbol, 0);                                                  // adrp x0, third
  code(0x8c, 0x91000000 | K::kThird << 10, 277, K::kThirdSymbol, 0);                                // add x0, x0, :lo12:third
  code(0x90, 0x39400000 | 0x340 << 10, 278, K::kDataSection, 0x340);                                // ldrb w0, [x0, :lo12:data]
  code(0x94, 0x79400000 | 0x340 / 2 << 10, 284, K::kDataSection, 0x340);                            // ldrh
  code(0x98, 0xb9400000 | 0x340 / 4 << 10, 285, K::kDataSection, 0x340);                            // ldr w0
  code(0x9c, 0xf9400000 | 0x340 / 8 << 10, 286, K::kDataSection, 0x340);                            // ldr x0
  code(0xa0, 0x3dc00000 | 0x340 / 16 << 10, 299, K::kDataSection, 0x340);                           // ldr q0
  code(0xa4, 0xb0000000, 311, K::kSecondSymbol, 0);                                                 // adrp x0, :got:second
  code(0xa8, 0xf9400000 | 0x80 / 8 << 10, 312, K::kSecondSymbol, 0);  // ldr x0, [x0, :got_lo12:second]
  kernel.Distance(kernel.word_references, K::kWord, K::kThird + 4, K::kTextSection, 0, 261, K::kWord);
  kernel.Put<u64>(K::kDataAt, K::kPointer);
  kernel.Put<u64>(K::kDataAt + 8, 1);
  kernel.Put<u64>(K::kPointer, K::kSecond);
  kernel.data_references.push_back({K::kPointer, 257, K::kSecondSymbol, 0});
  return kernel;
}

}  // namespace caponier::tool::order
