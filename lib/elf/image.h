// What a loader must know of an ELF program, read from a file nobody vouches for.
//
// Parse() is the only way to make an Image, and an Image always satisfies:
//   - segments() is not empty, is sorted by address, and no two segments share a page, so that mapping one never changes the
//     bytes or the permissions of another;
//   - for each segment, [file_offset, file_offset + file_size) lies inside the file, file_size <= mem_size, 0 < mem_size,
//     vaddr + mem_size rounded up to a page does not wrap, and file_offset and vaddr agree modulo the page size when there are
//     bytes to map;
//   - entry lies inside an executable segment, unless the caller does not mean to start it;
//   - no segment is writable and executable, unless the caller allowed it by name.
// Nothing bounds the span: a program may ask for 8 GiB of zeroes, and whoever maps it compares that with its memory.
//
// Sources: [gabi] chapters 4 and 5, [linux-gabi] for the GNU segments. Limits that the standard leaves open follow Linux,
// [linux-elf]: program headers up to 64 KiB, an interpreter's path up to 4096 bytes with its NUL.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "lib/base/diagnostics.h"
#include "lib/base/result.h"
#include "lib/elf/format.h"
#include "lib/elf/property.h"
#include "lib/elf/reader.h"

namespace caponier::elf {

// kExecutable has fixed addresses; kDynamic may be moved as a whole (position-independent programs, shared libraries).
enum class Type : u16 { kExecutable = 2, kDynamic = 3 };

// Whether a segment may ask to be writable and executable at once.
enum class WritableExecutable : u8 { kRefuse, kAllow };

// Whether the entry point must lie in code. A library that is only looked at need not have one.
enum class EntryPoint : u8 { kInCode, kAny };

struct Policy {
  constexpr Policy(WritableExecutable pages = WritableExecutable::kRefuse, EntryPoint start = EntryPoint::kInCode)
      : writable_executable(pages), entry(start) {}
  WritableExecutable writable_executable;
  EntryPoint entry;
};

inline constexpr size_t kMaxLoadSegments = 32;
inline constexpr u64 kMaxProgramHeaderBytes = 64 * kKiB;
inline constexpr u64 kMaxInterpreterBytes = 4096;  // with its NUL
inline constexpr u64 kMaxAlignment = kGiB;         // of a segment; linkers ask for 64 KiB or 2 MiB

struct LoadSegment {
  u64 file_offset = 0;
  u64 file_size = 0;
  u64 vaddr = 0;
  u64 mem_size = 0;  // bytes beyond file_size are zero
  u64 align = 1;     // a power of two
  bool read = false;
  bool write = false;
  bool execute = false;

  u64 end() const { return vaddr + mem_size; }
};

struct TlsSegment {
  u64 file_offset = 0;
  u64 file_size = 0;
  u64 vaddr = 0;
  u64 mem_size = 0;
  u64 align = 1;
};

struct Range {
  u64 start = 0;
  u64 size = 0;
};

struct Image {
  Machine machine = Machine::kX86_64;
  Type type = Type::kExecutable;
  u64 entry = 0;                     // before the image is moved
  u64 phdr_offset = 0;               // in the file
  u16 phdr_count = 0;                // AT_PHNUM
  u16 phdr_size = 0;                 // AT_PHENT, always 56
  std::optional<u64> phdr_vaddr;     // where the headers lie in memory, if a segment holds them (AT_PHDR)
  std::optional<Range> interpreter;  // in the file, with its NUL; the text comes from ReadInterpreter
  std::optional<TlsSegment> tls;
  std::optional<Range> relro;     // addresses to become read-only after relocation
  std::optional<Range> dynamic;   // in the file
  bool executable_stack = false;  // asked for by PT_GNU_STACK; absence of that header does not ask
  Properties properties;
  u64 min_vaddr = 0;  // page-aligned
  u64 span = 0;       // bytes from min_vaddr to the last segment's end, whole pages
  // Of the image: what a segment asks for beyond the least that one asks for, since that is only how large pages may be.
  u64 alignment = kPageSize;

  std::span<const LoadSegment> segments() const { return {segment_storage.data(), segment_count}; }

  std::array<LoadSegment, kMaxLoadSegments> segment_storage;
  size_t segment_count = 0;
};

// Parses and checks a program or an interpreter of `file_size` bytes for the machine `expected`. Error::kMalformed for a file
// that breaks its format, kNotSupported for a sound one of another kind (another machine, an object file), kNotPermitted for a
// writable and executable segment; each with one line in `diagnostics`. The reader's own errors pass through.
Result<Image> Parse(Reader& reader, u64 file_size, Machine expected, Diagnostics& diagnostics, Policy policy = {});

// The machine that an ELF file is for, by its header alone.
Result<Machine> IdentifyMachine(Reader& reader, u64 file_size, Diagnostics& diagnostics);

// The interpreter's path, copied into `buffer` (kMaxInterpreterBytes hold any). The image must have one.
Result<std::string_view> ReadInterpreter(Reader& reader, const Image& image, std::span<char> buffer, Diagnostics& diagnostics);

}  // namespace caponier::elf
