// The kernel's own look at its page tables: the live ones, from the roots that the processor holds, whatever the lists say that they should be.
//
// Every table of both halves is read, and each page that it maps is held against the rules of docs/address-space.md. The first that breaks
// one stops the machine by name. What the kernel believes meanwhile is its lists of regions and mappings, and a few bits of each frame's
// bookkeeping; `caponier audit` is the second opinion, which believes nothing.
#pragma once

#include "lib/base/types.h"

namespace caponier::mm {

struct TableCounts {
  u32 tables = 0, kernel_pages = 0, program_pages = 0;
};

// At a quiet moment: no window is open.
TableCounts AuditTables();

}  // namespace caponier::mm
