// What some programs need beside their libraries. A dynamic program's libraries can be read off it; the modules that an
// interpreter loads by name cannot, so the few interpreters that people run without --root are listed here.
#pragma once

#include <string>
#include <vector>

#include "tool/arch.h"
#include "tool/host/tree.h"
#include "tool/pack/file_set.h"

namespace caponier::tool {

// Adds what the table knows for the program at `path` (free of links). The result is every added shared object, whose own
// libraries the caller must add.
std::vector<std::string> AddProgramData(FileSet& files, const Tree& tree, std::string_view path, Arch arch);

}  // namespace caponier::tool
