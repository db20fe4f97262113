#include "tool/host/elf_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/elf/dynamic.h"
#include "lib/elf/format.h"
#include "lib/elf/image.h"
#include "tool/failure.h"

namespace caponier::tool {
namespace {

Failure NotExecutable(std::string_view name, std::string_view why) {
  return Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: {}", name, why));
}

// What an ELF file for no machine of ours is, by its header; null when the header does not say.
const char* DescribeForeign(Bytes bytes) {
  elf::Header header;
  if (!LooksLikeElf(bytes) || bytes.size() < sizeof(header)) return nullptr;
  std::memcpy(&header, bytes.data(), sizeof(header));
  constexpr u16 kI386 = 3, kArm = 40, kRiscV = 243;
  if (header.ident[elf::kIdentClass] == elf::kClass32) {
    if (header.machine == kI386) return "a 32-bit x86 program, and the machines are 64-bit ones (at byte 4)";
    if (header.machine == kArm) return "a 32-bit Arm program, and the machines are 64-bit ones (at byte 4)";
    return "a 32-bit program, and the machines are 64-bit ones (at byte 4)";
  }
  if (header.ident[elf::kIdentClass] != elf::kClass64) return "its ELF class is neither 32-bit nor 64-bit (at byte 4)";
  if (header.ident[elf::kIdentData] == elf::kDataBig)
    return "a big-endian program, and the machines are little-endian (at byte 5)";
  if (header.ident[elf::kIdentData] != elf::kDataLittle) return "its ELF byte order is unknown (at byte 5)";
  if (header.machine == kRiscV) return "a RISC-V program, and the machines are x86-64 and AArch64 (at byte 18)";
  return nullptr;
}

Failure Malformed(std::string_view name, const FirstDiagnostic& diagnostic) {
  return NotExecutable(name, fmt::format("{} (at byte {})", diagnostic.what(), diagnostic.offset()));
}

}  // namespace

MappedFile::MappedFile(const std::string& host_path) {
  const UniqueFd file(open(host_path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!file || fstat(file.get(), &status) != 0) throw NotExecutable(host_path, std::strerror(errno));
  if (status.st_size == 0) return;
  const size_t size = static_cast<size_t>(status.st_size);
  void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) throw NotExecutable(host_path, std::strerror(errno));
  bytes_ = Bytes(static_cast<const std::byte*>(address), size);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::vector<std::string> SplitDirectories(std::string_view list) {
  std::vector<std::string> parts;
  for (bool more = !list.empty(); more;) {
    const size_t end = std::min(list.find_first_of(":;"), list.size());
    parts.emplace_back(end == 0 ? "." : list.substr(0, end));
    more = end < list.size();
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

bool LooksLikeElf(Bytes bytes) {
  return bytes.size() >= sizeof(elf::kMagic) && std::memcmp(bytes.data(), elf::kMagic, sizeof(elf::kMagic)) == 0;
}

bool IsForAnotherMachine(Bytes bytes, Arch arch) {
  elf::Header header;
  if (!LooksLikeElf(bytes) || bytes.size() < sizeof(header)) return false;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header.ident[elf::kIdentClass] != elf::kClass64 || header.machine != static_cast<u16>(MachineOf(arch));
}

ElfFacts ReadLibrary(Bytes bytes, std::string_view name) {
  elf::BytesReader reader(bytes);
  FirstDiagnostic diagnostic;
  const auto machine = elf::IdentifyMachine(reader, bytes.size(), diagnostic);
  if (!machine.ok()) {
    const char* foreign = DescribeForeign(bytes);
    throw foreign != nullptr ? NotExecutable(name, foreign) : Malformed(name, diagnostic);
  }
  const auto dynamic = elf::DynamicSection::Open(bytes, machine.value(), diagnostic);
  if (!dynamic.ok()) throw Malformed(name, diagnostic);
  ElfFacts facts;
  facts.arch = machine.value() == elf::Machine::kX86_64 ? Arch::kX86_64 : Arch::kAarch64;
  facts.interpreter = std::string(dynamic.value().interpreter().value_or(""));
  dynamic.value().ForEachNeeded([&](std::string_view library) { facts.needed.emplace_back(library); });
  facts.rpath = SplitDirectories(dynamic.value().rpath().value_or(""));
  facts.runpath = SplitDirectories(dynamic.value().runpath().value_or(""));
  return facts;
}

ElfFacts ReadProgram(Bytes bytes, std::string_view name, elf::WritableExecutable pages) {
  ElfFacts facts = ReadLibrary(bytes, name);
  elf::BytesReader reader(bytes);
  FirstDiagnostic diagnostic;
  const auto image = elf::Parse(reader, bytes.size(), MachineOf(facts.arch), diagnostic, pages);
  if (!image.ok()) throw Malformed(name, diagnostic);
  facts.moves_itself = image.value().type == elf::Type::kDynamic && facts.interpreter.empty();
  return facts;
}

}  // namespace caponier::tool
