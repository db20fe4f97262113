// A kernel's file as the linker left it, for putting its functions in another order: the image from its first byte, which lies at address
// 0 and is code, and everything in it that depends on where its parts stand. The linker keeps its relocations in the file (--emit-relocs),
// with places and symbols as they are linked [gabi] 4; the build adds a list of the sections of code (.caponier.functions).
//
// The file is ours, and read as if it were not: ReadKernel() gives a kernel in which
//   - text is one segment from address 0, whole pages, and the rest of the image begins right behind it;
//   - functions() are in order, do not overlap, and lie in text; the first is the entry, which stays where it is;
//   - each relocation's bytes lie in the image as filled from the file, each symbol index is below symbols.size();
//   - each pointer is 8 bytes behind text, filled from the file.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/diagnostics.h"
#include "lib/base/result.h"
#include "lib/elf/format.h"
#include "lib/elf/image.h"

namespace caponier::tool::order {

struct Function {
  u64 begin = 0, bytes = 0, alignment = 1;
  std::string_view name;  // of its section
  u64 end() const { return begin + bytes; }
};

struct Relocation {
  u64 place = 0;
  u32 type = 0, symbol = 0;
  i64 addend = 0;
};

// Where a symbol stands: in a part of the image, or it is a number.
enum class SymbolKind : u8 { kUndefined, kNumber, kPlace, kSection };
struct KernelSymbol {
  std::string_view name;
  u64 value = 0;
  SymbolKind kind = SymbolKind::kUndefined;
};

// The relocations of one section.
struct RelocatedSection {
  std::string_view name;
  std::vector<Relocation> relocations;  // by place
};

struct LinkedKernel {
  static constexpr u64 kGranule = 64;
  elf::Machine machine = elf::Machine::kX86_64;
  Bytes file;
  std::vector<elf::ProgramHeader> segments;
  std::vector<elf::SectionHeader> sections;
  size_t symbol_section = 0, string_section = 0, name_section = 0;  // the symbols, their names, the sections' names
  std::vector<std::byte> image;  // text, constants and data; what is zeroed at the start is not in it
  u64 text_bytes = 0, image_bytes = 0;
  std::vector<Function> functions;
  std::vector<u32> first_functions;  // by each kGranule bytes of text: the last function that begins at or before their first
  std::vector<KernelSymbol> symbols;
  std::vector<RelocatedSection> relocated;
  std::vector<u64> pointers;         // the words that RELR lists, in order
  u64 relr_begin = 0, relr_end = 0;  // the table itself

  // The function that holds `address`; its end is not in it.
  std::optional<size_t> FunctionAt(u64 address) const;
};

// kMalformed, with one line, for everything that is not as said above.
Result<LinkedKernel> ReadKernel(Bytes file, Diagnostics& diagnostics);

}  // namespace caponier::tool::order
