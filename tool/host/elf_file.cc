#include "tool/host/elf_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "lib/elf/format.h"
#include "lib/elf/image.h"
#include "tool/failure.h"

namespace caponier::tool {
namespace {

Failure NotExecutable(std::string_view name, std::string_view why) {
  return Failure(kStatusNotExecutable, fmt::format("{}: cannot be executed: {}", name, why));
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

bool LooksLikeElf(Bytes bytes) { return bytes.size() >= sizeof(elf::kMagic) && std::memcmp(bytes.data(), elf::kMagic, sizeof(elf::kMagic)) == 0; }

ElfFacts ReadElf(Bytes bytes, std::string_view name) {
  elf::BytesReader reader(bytes);
  FirstDiagnostic diagnostic;
  const auto machine = elf::IdentifyMachine(reader, bytes.size(), diagnostic);
  if (!machine.ok()) throw Malformed(name, diagnostic);
  // Writable code is the machine's to refuse: its --wx level decides.
  const auto image = elf::Parse(reader, bytes.size(), machine.value(), diagnostic, elf::WritableExecutable::kAllow);
  if (!image.ok()) throw Malformed(name, diagnostic);
  ElfFacts facts;
  facts.arch = machine.value() == elf::Machine::kX86_64 ? Arch::kX86_64 : Arch::kAarch64;
  if (image.value().interpreter.has_value()) {
    std::array<char, elf::kMaxInterpreterBytes> buffer;
    const auto interpreter = elf::ReadInterpreter(reader, image.value(), buffer, diagnostic);
    if (!interpreter.ok()) throw Malformed(name, diagnostic);
    facts.interpreter = std::string(interpreter.value());
  }
  return facts;
}

}  // namespace caponier::tool
