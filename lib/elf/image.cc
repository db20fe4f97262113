#include "lib/elf/image.h"

#include <algorithm>
#include <bit>

#include "lib/elf/format.h"

namespace caponier::elf {
namespace {

// e_machine values worth a name of their own when a program is for another machine, [gabi] 4.
constexpr u16 kMachineI386 = 3;
constexpr u16 kMachineArm = 40;
constexpr u16 kMachineRiscV = 243;

std::string_view WrongMachine(u16 found, Machine expected) {
  const bool x86 = expected == Machine::kX86_64;
  switch (found) {
    case static_cast<u16>(Machine::kX86_64): return "an x86-64 program, and this machine is AArch64";
    case static_cast<u16>(Machine::kAarch64): return "an AArch64 program, and this machine is x86-64";
    case kMachineI386:
      return x86 ? "a 32-bit x86 program, and this machine is x86-64" : "a 32-bit x86 program, and this machine is AArch64";
    case kMachineArm:
      return x86 ? "a 32-bit Arm program, and this machine is x86-64" : "a 32-bit Arm program, and this machine is AArch64";
    case kMachineRiscV:
      return x86 ? "a RISC-V program, and this machine is x86-64" : "a RISC-V program, and this machine is AArch64";
    default:
      return x86 ? "a program for another processor, and this machine is x86-64"
                 : "a program for another processor, and this machine is AArch64";
  }
}

class Parser {
 public:
  Parser(Reader& reader, u64 file_size, Diagnostics& diagnostics)
      : reader_(reader), file_size_(file_size), diagnostics_(diagnostics) {}

  Result<Header> ReadHeader();
  Result<void> Run(Machine expected, Policy policy, Image& image);
  Error Fail(Error error, std::string_view what, u64 offset) {
    diagnostics_.Malformed(what, offset);
    return error;
  }
  Error Malformed(std::string_view what, u64 offset) { return Fail(Error::kMalformed, what, offset); }

 private:
  Result<void> CheckKind(const Header& header, Machine expected);
  Result<void> CheckTable(const Header& header);
  Result<void> Visit(const ProgramHeader& segment, u64 at, Policy policy, Image& image);
  Result<void> AddLoad(const ProgramHeader& segment, u64 at, Policy policy, Image& image);
  Result<void> SetInterpreter(const ProgramHeader& segment, u64 at, Image& image);
  Result<void> SetTls(const ProgramHeader& segment, u64 at, Image& image);
  Result<void> SetProperties(const ProgramHeader& segment, u64 at, Image& image);
  Result<void> Finish(Policy policy, Image& image);
  bool InFile(u64 offset, u64 size) const { return offset <= file_size_ && size <= file_size_ - offset; }

  Reader& reader_;
  u64 file_size_;
  Diagnostics& diagnostics_;
};

Result<Header> Parser::ReadHeader() {
  Header header;
  if (file_size_ < sizeof(kMagic)) return Malformed("not an ELF program", 0);
  TRY(reader_.ReadAt(0, MutableBytes(reinterpret_cast<std::byte*>(header.ident), sizeof(kMagic))));
  if (!std::equal(std::begin(kMagic), std::end(kMagic), header.ident)) return Malformed("not an ELF program", 0);
  if (file_size_ < sizeof(Header)) return Malformed("cut short inside the ELF header", file_size_);
  TRY(reader_.ReadAt(0, WritableBytesOf(header)));
  // A second read may differ from the first when the file changes under us.
  if (!std::equal(std::begin(kMagic), std::end(kMagic), header.ident)) return Malformed("not an ELF program", 0);
  return header;
}

Result<void> Parser::CheckKind(const Header& header, Machine expected) {
  if (header.ident[kIdentClass] == kClass32) {
    // A 32-bit file has its machine at the same place, so name the processor if we know it.
    if (header.machine == kMachineI386 || header.machine == kMachineArm) {
      return Fail(Error::kNotSupported, WrongMachine(header.machine, expected), kIdentClass);
    }
    return Fail(Error::kNotSupported, "a 32-bit program, and this machine runs 64-bit ones", kIdentClass);
  }
  if (header.ident[kIdentClass] != kClass64) return Malformed("the ELF class is neither 32-bit nor 64-bit", kIdentClass);
  if (header.ident[kIdentData] == kDataBig) {
    return Fail(Error::kNotSupported, "a big-endian program, and this machine is little-endian", kIdentData);
  }
  if (header.ident[kIdentData] != kDataLittle) return Malformed("the ELF byte order is unknown", kIdentData);
  if (header.ident[kIdentVersion] != kVersionCurrent || header.version != kVersionCurrent) {
    return Malformed("the ELF version is unknown", kIdentVersion);
  }
  if (header.machine != static_cast<u16>(expected)) {
    return Fail(Error::kNotSupported, WrongMachine(header.machine, expected), offsetof(Header, machine));
  }
  switch (header.type) {
    case kTypeExecutable:
    case kTypeDynamic: return {};
    case kTypeRelocatable: return Fail(Error::kNotSupported, "an object file, not a linked program", offsetof(Header, type));
    case kTypeCore: return Fail(Error::kNotSupported, "a core dump, not a program", offsetof(Header, type));
    default: return Malformed("the ELF type is unknown", offsetof(Header, type));
  }
}

Result<void> Parser::CheckTable(const Header& header) {
  if (header.ehsize < sizeof(Header)) return Malformed("the ELF header gives itself a wrong size", offsetof(Header, ehsize));
  if (header.phnum == 0) return Malformed("no program headers", offsetof(Header, phnum));
  if (header.phentsize != sizeof(ProgramHeader)) {
    return Malformed("the program headers have a wrong size", offsetof(Header, phentsize));
  }
  const u64 bytes = u64{header.phnum} * sizeof(ProgramHeader);
  if (bytes > kMaxProgramHeaderBytes) return Malformed("too many program headers", offsetof(Header, phnum));
  if (!InFile(header.phoff, bytes)) return Malformed("the program headers end past the end of the file", offsetof(Header, phoff));
  return {};
}

Result<void> Parser::Run(Machine expected, Policy policy, Image& image) {
  Header header = TRY(ReadHeader());
  TRY(CheckKind(header, expected));
  TRY(CheckTable(header));
  image.machine = expected;
  image.type = header.type == kTypeExecutable ? Type::kExecutable : Type::kDynamic;
  image.entry = header.entry;
  image.phdr_offset = header.phoff;
  image.phdr_count = header.phnum;
  image.phdr_size = sizeof(ProgramHeader);
  for (u64 i = 0; i < image.phdr_count; i++) {
    const u64 at = image.phdr_offset + i * sizeof(ProgramHeader);
    ProgramHeader segment;
    TRY(reader_.ReadAt(at, WritableBytesOf(segment)));
    TRY(Visit(segment, at, policy, image));
  }
  return Finish(policy, image);
}

Result<void> Parser::Visit(const ProgramHeader& segment, u64 at, Policy policy, Image& image) {
  switch (segment.type) {
    case kSegmentLoad: return AddLoad(segment, at, policy, image);
    case kSegmentInterpreter: return SetInterpreter(segment, at, image);
    case kSegmentDynamic:
      if (image.dynamic) return Malformed("two dynamic sections", at);
      if (!InFile(segment.offset, segment.filesz)) return Malformed("the dynamic section ends past the end of the file", at);
      image.dynamic = Range{segment.offset, segment.filesz};
      return {};
    case kSegmentTls: return SetTls(segment, at, image);
    case kSegmentGnuProperty: return SetProperties(segment, at, image);
    case kSegmentGnuStack: image.executable_stack = (segment.flags & kFlagExecute) != 0; return {};
    case kSegmentGnuRelro: {
      u64 end;
      if (!CheckedAdd<u64>(segment.vaddr, segment.memsz, &end))
        return Malformed("the read-only-after-relocation range wraps", at);
      image.relro = Range{segment.vaddr, segment.memsz};
      return {};
    }
    default: return {};
  }
}

// Each overflow in its own `if`, with its reason: [gabi] 5 "Program Header", PT_LOAD.
Result<void> Parser::AddLoad(const ProgramHeader& segment, u64 at, Policy policy, Image& image) {
  if (segment.filesz > segment.memsz) return Malformed("a segment has more bytes in the file than in memory", at);
  if (!InFile(segment.offset, segment.filesz)) return Malformed("a segment ends past the end of the file", at);
  if (segment.memsz == 0) return {};  // legal, and nothing to map

  // The end and its rounding up to a page: both must be numbers.
  u64 end, rounded;
  if (!CheckedAdd<u64>(segment.vaddr, segment.memsz, &end)) return Malformed("a segment wraps around the address space", at);
  if (!CheckedAdd<u64>(end, kPageSize - 1, &rounded)) return Malformed("a segment wraps around the address space", at);

  const u64 align = std::max<u64>(segment.align, 1);  // 0 and 1 mean none
  if (!std::has_single_bit(align)) return Malformed("a segment's alignment is not a power of two", at);
  if (align > kMaxAlignment) return Malformed("a segment's alignment is over 1 GiB", at);
  // Only whole pages of a file can be mapped, whatever p_align says. A segment without file bytes maps none.
  if (segment.filesz != 0 && ((segment.offset ^ segment.vaddr) & (kPageSize - 1)) != 0) {
    return Malformed("a segment lies at different page offsets in the file and in memory", at);
  }

  LoadSegment load{segment.offset,
                   segment.filesz,
                   segment.vaddr,
                   segment.memsz,
                   align,
                   (segment.flags & kFlagRead) != 0,
                   (segment.flags & kFlagWrite) != 0,
                   (segment.flags & kFlagExecute) != 0};
  if (load.write && load.execute && policy.writable_executable == WritableExecutable::kRefuse) {
    return Fail(Error::kNotPermitted, "a segment is both writable and executable", at);
  }
  if (image.segment_count > 0) {
    const LoadSegment& previous = image.segment_storage[image.segment_count - 1];
    if (load.vaddr < previous.vaddr) return Malformed("the segments are not in order of address", at);
    if (load.vaddr < previous.end()) return Malformed("two segments overlap", at);
    // A shared page would have to carry the bytes and the permissions of both.
    if (AlignDown(load.vaddr, kPageSize) < AlignUp(previous.end(), kPageSize)) return Malformed("two segments share a page", at);
  }
  if (image.segment_count == kMaxLoadSegments) return Malformed("more than 32 loadable segments", at);
  image.segment_storage[image.segment_count++] = load;
  return {};
}

Result<void> Parser::SetInterpreter(const ProgramHeader& segment, u64 at, Image& image) {
  if (image.interpreter) return Malformed("two interpreters", at);
  if (segment.filesz < 2) return Malformed("the interpreter's path is empty", at);
  if (segment.filesz > kMaxInterpreterBytes) return Malformed("the interpreter's path is too long", at);
  if (!InFile(segment.offset, segment.filesz)) return Malformed("the interpreter's path ends past the end of the file", at);
  char first, last;
  TRY(reader_.ReadAt(segment.offset, WritableBytesOf(first)));
  TRY(reader_.ReadAt(segment.offset + segment.filesz - 1, WritableBytesOf(last)));
  if (first == '\0') return Malformed("the interpreter's path is empty", segment.offset);
  if (last != '\0') return Malformed("the interpreter's path is not terminated", segment.offset + segment.filesz - 1);
  image.interpreter = Range{segment.offset, segment.filesz};
  return {};
}

Result<void> Parser::SetTls(const ProgramHeader& segment, u64 at, Image& image) {
  if (image.tls) return Malformed("two thread-local segments", at);
  if (segment.filesz > segment.memsz) return Malformed("the thread-local segment has more bytes in the file than in memory", at);
  if (!InFile(segment.offset, segment.filesz)) return Malformed("the thread-local segment ends past the end of the file", at);
  u64 end;
  if (!CheckedAdd<u64>(segment.vaddr, segment.memsz, &end)) return Malformed("the thread-local segment wraps", at);
  const u64 align = std::max<u64>(segment.align, 1);
  if (!std::has_single_bit(align)) return Malformed("the thread-local segment's alignment is not a power of two", at);
  image.tls = TlsSegment{segment.offset, segment.filesz, segment.vaddr, segment.memsz, align};
  return {};
}

Result<void> Parser::SetProperties(const ProgramHeader& segment, u64 at, Image& image) {
  if (segment.filesz > kMaxPropertyBytes) return Malformed("the program property note is too long", at);
  if (!InFile(segment.offset, segment.filesz)) return Malformed("the program property note ends past the end of the file", at);
  std::byte buffer[kMaxPropertyBytes];
  MutableBytes note(buffer, segment.filesz);
  TRY(reader_.ReadAt(segment.offset, note));
  auto machine = image.machine == Machine::kAarch64 ? PropertyMachine::kAarch64 : PropertyMachine::kX86_64;
  image.properties = TRY(ParseProperties(note, segment.offset, machine, diagnostics_));
  return {};
}

Result<void> Parser::Finish(Policy policy, Image& image) {
  if (image.segment_count == 0) return Malformed("nothing to load", image.phdr_offset);
  auto segments = image.segments();
  image.min_vaddr = AlignDown(segments.front().vaddr, kPageSize);
  image.span = AlignUp(segments.back().end(), kPageSize) - image.min_vaddr;
  u64 alignments = 0;  // all of them: each is one bit

  bool entry_found = false;
  const u64 table_bytes = u64{image.phdr_count} * sizeof(ProgramHeader);
  for (const LoadSegment& segment : segments) {
    alignments |= segment.align;
    if (segment.execute && image.entry >= segment.vaddr && image.entry - segment.vaddr < segment.mem_size) entry_found = true;
    if (!image.phdr_vaddr && image.phdr_offset >= segment.file_offset && table_bytes <= segment.file_size &&
        image.phdr_offset - segment.file_offset <= segment.file_size - table_bytes) {
      image.phdr_vaddr = segment.vaddr + (image.phdr_offset - segment.file_offset);
    }
  }
  if (!std::has_single_bit(alignments)) image.alignment = std::max(std::bit_floor(alignments), kPageSize);
  if (!entry_found && policy.entry == EntryPoint::kInCode)
    return Malformed("the entry point lies outside every executable segment", offsetof(Header, entry));
  return {};
}

}  // namespace

Result<Image> Parse(Reader& reader, u64 file_size, Machine expected, Diagnostics& diagnostics, Policy policy) {
  Result<Image> image{Image{}};
  Result<void> done = Parser(reader, file_size, diagnostics).Run(expected, policy, image.value());
  if (!done.ok()) return done.error();
  return image;
}

Result<Machine> IdentifyMachine(Reader& reader, u64 file_size, Diagnostics& diagnostics) {
  Parser parser(reader, file_size, diagnostics);
  Header header = TRY(parser.ReadHeader());
  for (Machine machine : {Machine::kX86_64, Machine::kAarch64}) {
    if (header.ident[kIdentClass] == kClass64 && header.ident[kIdentData] == kDataLittle &&
        header.machine == static_cast<u16>(machine)) {
      return machine;
    }
  }
  return parser.Fail(Error::kNotSupported, "neither an x86-64 nor an AArch64 program", offsetof(Header, machine));
}

Result<std::string_view> ReadInterpreter(Reader& reader, const Image& image, std::span<char> buffer, Diagnostics& diagnostics) {
  if (!image.interpreter || image.interpreter->size > buffer.size()) return Error::kInvalidArgument;
  std::span<char> text = buffer.first(image.interpreter->size);
  TRY(reader.ReadAt(image.interpreter->start, std::as_writable_bytes(text)));
  // Parse saw a NUL at the end, but the file may have changed since. A path may end before its padding.
  auto nul = std::find(text.begin(), text.end(), '\0');
  if (nul == text.end() || nul == text.begin()) {
    diagnostics.Malformed("the interpreter's path is empty or not terminated", image.interpreter->start);
    return Error::kMalformed;
  }
  return std::string_view(text.data(), static_cast<size_t>(nul - text.begin()));
}

}  // namespace caponier::elf
