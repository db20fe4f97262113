#include "tool/bench/named_library.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>

#include "tool/failure.h"
#include "tool/host/elf_file.h"

namespace caponier::tool::bench {

namespace {

// Or a program that can lie anywhere, which its header does not tell from one.
bool IsSharedObject(std::span<const char> bytes) {
  elf::Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header.type == elf::kTypeDynamic;
}

}  // namespace

NamedLibrary ParseNamedLibrary(const std::string& words) {
  const size_t equals = words.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == words.size())
    throw Failure(fmt::format("--library takes NAME=FILE, not {}", words));
  const std::string file = words.substr(equals + 1);
  std::array<char, sizeof(elf::Header)> header{};
  std::ifstream(file, std::ios::binary).read(header.data(), header.size());
  const Bytes bytes = std::as_bytes(std::span(header));
  for (const Arch arch : {Arch::kX86_64, Arch::kAarch64}) {
    if (LooksLikeElf(bytes) && !IsForAnotherMachine(bytes, arch) && IsSharedObject(header))
      return {words.substr(0, equals), std::filesystem::absolute(file), arch};
  }
  throw Failure(fmt::format("--library: {} is no library for x86-64 or AArch64", file));
}

}  // namespace caponier::tool::bench
