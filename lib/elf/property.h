// The note by which a program declares that all of its code was built for branch targets, signed returns or shadow stacks:
// NT_GNU_PROPERTY_TYPE_0, [linux-gabi] "Program Property". A loader that enforces these reads nothing else.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/diagnostics.h"
#include "lib/base/result.h"

namespace caponier::elf {

struct Properties {
  bool branch_targets = false;  // AArch64 BTI or x86 IBT: every indirect branch lands on a marked instruction
  bool signed_returns = false;  // AArch64 PAC
  bool shadow_stack = false;    // AArch64 GCS or x86 SHSTK
};

inline constexpr size_t kMaxPropertyBytes = 1024;  // [linux-elf] refuses more too

enum class PropertyMachine : u8 { kX86_64, kAarch64 };

// `note` is the content of PT_GNU_PROPERTY and `offset` where that lies in the file, for the diagnostics.
Result<Properties> ParseProperties(Bytes note, u64 offset, PropertyMachine machine, Diagnostics& diagnostics);

}  // namespace caponier::elf
