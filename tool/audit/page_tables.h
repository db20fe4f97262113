// The page tables of a stopped machine, walked from outside. This is a second opinion on what the kernel says of itself, so it shares no
// code with the kernel: the formats are read from the manuals anew, all of them that the processor would follow (large pages, rights of
// upper levels, five levels), not only those that the kernel writes.
//
// What stays true: no table is read twice, so loops end; at most as many tables are read as memory has pages; what cannot be walked gives
// one diagnostic, with the physical address of the entry.
#pragma once

#include <string>
#include <vector>

#include "lib/base/diagnostics.h"
#include "lib/base/result.h"
#include "tool/audit/memory_image.h"

namespace caponier::tool::audit {

// What the processor has been told. Names are those that QEMU's debugger interface gives them.
struct X86Registers {
  u64 cr0 = 0, cr3 = 0, cr4 = 0, efer = 0;
  int levels() const { return (cr4 & 1 << 12) != 0 ? 5 : 4; }  // CR4.LA57
};
struct ArmRegisters {
  u64 ttbr0 = 0, ttbr1 = 0, tcr = 0, mair = 0, sctlr = 0;
};

enum class Half : u8 { kProgram, kKernel };

// One leaf entry: a page, or the large page of an upper level. Rights are effective: those of all levels taken together.
struct Mapping {
  u64 address = 0, physical = 0, bytes = 0;
  bool write = false;
  bool program = false;  // the program may use it
  bool kernel_execute = false, program_execute = false;
  bool device = false;  // not cached
  u64 end() const { return address + bytes; }
  bool execute() const { return kernel_execute || program_execute; }
  Half half() const { return address >> 63 != 0 ? Half::kKernel : Half::kProgram; }
};

struct Table {
  u64 physical = 0, address = 0;  // the frame, and the first address it serves
  int level = 0;                  // 0: its entries are pages
  u32 present = 0;                // entries
};

// A bit of a register on which the rights in the tables depend.
struct Protection {
  std::string name;
  bool on = false;
  bool required = false;  // without it the tables mean little
};

struct Walk {
  std::vector<Mapping> mappings;  // by address
  std::vector<Table> tables;
  std::vector<Protection> protections;
  u64 program_end = 0, kernel_begin = 0;  // the halves' inner borders
};

Result<Walk> WalkTables(const MemoryImage& memory, const X86Registers& registers, Diagnostics& diagnostics);
Result<Walk> WalkTables(const MemoryImage& memory, const ArmRegisters& registers, Diagnostics& diagnostics);

}  // namespace caponier::tool::audit
