// What the tool needs to know of an ELF file on the host: for which machine, through which interpreter, with which libraries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/elf/image.h"
#include "tool/arch.h"
#include "tool/unique_fd.h"

namespace caponier::tool {

// A file's bytes, read-only in memory.
class MappedFile {
 public:
  // Throws Failure(126) when it cannot be read.
  explicit MappedFile(const std::string& host_path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

constexpr elf::Machine MachineOf(Arch arch) { return arch == Arch::kX86_64 ? elf::Machine::kX86_64 : elf::Machine::kAarch64; }

struct ElfFacts {
  Arch arch = kHostArch;
  std::string interpreter;          // empty for a static program or a library
  bool moves_itself = false;        // a position-independent program without interpreter: its own start-up code relocates it
  std::vector<std::string> needed;  // DT_NEEDED
  std::vector<std::string> rpath, runpath;  // the directories in them
};

// "a:b;c" as directories; empty ones are left out.
std::vector<std::string> SplitDirectories(std::string_view list);

bool LooksLikeElf(Bytes bytes);
// Whether its header says that it is for a machine other than `arch`, as loaders pass such files over. A header that says nothing
// (cut off) does not.
bool IsForAnotherMachine(Bytes bytes, Arch arch);

// Reads a program. Throws Failure(126) with the reader's own words, naming the file as `name`.
ElfFacts ReadProgram(Bytes bytes, std::string_view name, elf::WritableExecutable pages = elf::WritableExecutable::kRefuse);
// Reads a shared library, likewise: what it needs, not how it would be mapped.
ElfFacts ReadLibrary(Bytes bytes, std::string_view name);

}  // namespace caponier::tool
