// An allocator that somebody has as a library, given as NAME=FILE, for comparisons with what Debian has no package of.
#pragma once

#include <string>

#include "tool/arch.h"

namespace caponier::tool::bench {

struct NamedLibrary {
  std::string name;
  std::string file;  // an absolute path
  Arch arch;
};

// Throws Failure with one line when `words` have another form, or the file is no ELF file for either architecture.
NamedLibrary ParseNamedLibrary(const std::string& words);

}  // namespace caponier::tool::bench
