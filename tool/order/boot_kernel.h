// The kernel that one machine boots: with its functions in an order and at a place in physical memory that are drawn for this start, or as the
// linker left it.
#pragma once

#include <string>

#include "tool/arch.h"
#include "tool/install.h"
#include "tool/machine/console.h"
#include "tool/machine/kernel_room.h"
#include "tool/order/kernel_order.h"
#include "tool/order/reorder.h"
#include "tool/unique_fd.h"

namespace caponier::tool::order {

struct BootKernel {
  std::string path = {};                // for the emulator
  UniqueFd file = {};                   // what `path` leads to, when it was made for this start; the emulator inherits it
  PlaceMap places = {};                 // as they were linked, for what the machine says of itself
  u64 memory_bytes = 0;                 // from where it is loaded, what is zeroed at the start included
  std::optional<u64> place = {};        // in physical memory, if drawn
  std::vector<std::byte> symbols = {};  // an ELF file that fits it, if wanted
};

enum class Symbols { kNone, kWanted };

// Throws Failure for a kernel that cannot be read.
BootKernel PrepareKernel(const Install& install, Arch arch, KernelOrder order, const KernelRoom& room,
                         Symbols symbols = Symbols::kNone);
// The same with a given draw.
BootKernel PrepareKernel(const std::string& linked, const Draw& draw, const KernelRoom& room, Symbols symbols);

// A line of the machine's console, whose places in the kernel become those of the linked file: "kernel+0x1f0", and of the regions
// "kernel image".
std::string AsLinked(const PlaceMap& places, std::string_view line);
// That, for the console of a machine that boots `kernel`, which outlives it.
Console::Reword RewordFor(const BootKernel& kernel);

}  // namespace caponier::tool::order
