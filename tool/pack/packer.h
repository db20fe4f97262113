// Turns a FileSet into the archive that the machine boots with: a memory file, written once, with every regular file on a page
// boundary so that the kernel can map it where it lies.
#pragma once

#include "tool/pack/file_set.h"
#include "tool/unique_fd.h"

namespace caponier::tool {

struct Archive {
  UniqueFd file;  // read position at 0
  u64 size = 0;
};

// The configuration comes first, as link::kConfigName. Throws Failure for a file that cannot be read or that changes meanwhile.
Archive PackArchive(std::string_view config, const FileSet& files);

}  // namespace caponier::tool
