// Where things stood in machines that were booted, and in processes of this host's Linux that ran the same program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tool/arch.h"
#include "tool/audit/foretelling.h"
#include "tool/audit/halves.h"
#include "tool/audit/series.h"
#include "tool/install.h"

namespace caponier::tool::audit {

// How the names of places in physical memory end.
inline constexpr std::string_view kInMemory = ", in memory";

// One series a region or place, as page numbers: the kernel's regions by the names on its list, one of each, and what the program
// says of itself; and where in physical memory the kernel's image and its boot stack are ("kernel image, in memory").
// `layout` as --layout of caponier run; empty: the default.
struct Boots {
  std::vector<Series> series;
  Halves halves = HalvesOf(kHostArch, 4);  // the machines'
  Foretold foretold;                       // of all of them together (tool/audit/foretelling.h)
};
// `moved`: a region of the kernel, the place of its image in memory, or the program's break, that is held against what was foretold as if it stood
// a page higher.
Boots CollectBoots(const Install& install, Arch arch, const std::string& layout, const std::string& moved, u64 boots);
// The program's places alone. Throws Failure where this host does not run the program.
std::vector<Series> CollectProcesses(const Install& install, u64 processes);

struct BootMeasure {
  std::string name;
  Collisions collisions;
  int changed_bits = 0;
  // The least that is left when another's place is known, and whose.
  Collisions least = {};
  std::string given = {};
};
std::vector<BootMeasure> MeasureBoots(const std::vector<Series>& series);
// What would come out less than once in 10,000 times if every address had so many bits, and every place in physical memory 13, alone and when
// another is known; in words.
std::vector<std::string> BootFailures(const std::vector<BootMeasure>& measures, int address_bits);

}  // namespace caponier::tool::audit
