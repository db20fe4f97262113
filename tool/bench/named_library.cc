#include "tool/bench/named_library.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "tool/failure.h"

namespace caponier::tool::bench {

NamedLibrary ParseNamedLibrary(const std::string& words) {
  const size_t equals = words.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == words.size())
    throw Failure(fmt::format("--library takes NAME=FILE, not {}", words));
  const std::string file = words.substr(equals + 1);
  Elf64_Ehdr header{};
  std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(&header), sizeof(header));
  const bool is_elf = std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64;
  if (!is_elf || (header.e_machine != EM_X86_64 && header.e_machine != EM_AARCH64))
    throw Failure(fmt::format("--library: {} is no library for x86-64 or AArch64", file));
  return {words.substr(0, equals), std::filesystem::absolute(file),
          header.e_machine == EM_X86_64 ? Arch::kX86_64 : Arch::kAarch64};
}

}  // namespace caponier::tool::bench
