// What must hold of a machine's page tables, whatever the kernel meant to do (docs/address-space.md, docs/mitigations.md), judged from the
// tables alone. With the kernel's own list of regions, and with the program's mappings, the kernel's word is held against the tables too.
//
// The moment must be quiet: while the kernel is at work a window is open, and would be found as an alias.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/link/table_rules.h"
#include "tool/arch.h"
#include "tool/audit/page_tables.h"

namespace caponier::tool::audit {

using Rule = link::TableRule;

struct Violation {
  Rule rule;
  std::string where;    // by region or run, without addresses
  u64 address = 0;      // for those who may see it
  u64 occurrences = 1;  // pages, or pairs of them, as this one
};

// A region as the kernel has it on its list, or a mapping as the program sees it in /proc/self/maps, with its rights.
struct Region {
  std::string name;
  u64 begin = 0, end = 0;
  bool write = false, execute = false;  // of a mapping, or of a segment of the kernel's image
};

struct Expectations {
  std::span<const Region> regions = {};   // of the kernel, by address; empty: it was not asked
  std::span<const Region> segments = {};  // of the kernel's image, likewise
  std::span<const Region> mappings = {};  // of the program, likewise
  Arch arch = Arch::kX86_64;
  bool shared_memory = false;  // the program maps its own frames twice, to write
};

struct Verdict {
  std::vector<Violation> violations;  // at most one for a rule and region
  u64 tables = 0, kernel_pages = 0, program_pages = 0, aliases = 0;
  bool clean() const { return violations.empty(); }
};

Verdict Judge(const Walk& walk, const MemoryImage& memory, const Expectations& expectations);

}  // namespace caponier::tool::audit
