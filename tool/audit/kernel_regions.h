// The kernel's own list of its regions, found in its memory with the symbols of its file. It is a claim to be held against the tables, and
// it gives pages a name.
#pragma once

#include <vector>

#include "tool/audit/page_tables.h"
#include "tool/audit/rules.h"

namespace caponier::tool::audit {

// `kernel` is the ELF file that the machine runs. kMalformed when the list is not where the symbols say, or is none.
Result<std::vector<Region>> ReadKernelRegions(const Walk& walk, const MemoryImage& memory, Bytes kernel,
                                              Diagnostics& diagnostics);

// The segments of the kernel's file at the places where its image stands, with their rights.
Result<std::vector<Region>> ReadImageSegments(const Walk& walk, Bytes kernel, Diagnostics& diagnostics);

}  // namespace caponier::tool::audit
