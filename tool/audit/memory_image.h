// A machine's physical memory as found: ranges of bytes at physical addresses, either the live memory of a stopped machine or a dump.
// Nothing in it is trusted.
#pragma once

#include <optional>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/diagnostics.h"
#include "lib/base/result.h"

namespace caponier::tool::audit {

class MemoryImage {
 public:
  // An ELF core file as QEMU's dump-guest-memory writes it without paging: each PT_LOAD is memory at its p_paddr [gabi] 5. `file` must
  // outlive the image. kMalformed for what is no such file, or is cut off.
  static Result<MemoryImage> FromCore(Bytes file, Diagnostics& diagnostics);

  // Ranges may not overlap; false, and nothing added, when they do or run past the end of all addresses.
  bool Add(u64 begin, Bytes bytes);
  // The 8 bytes at an aligned physical address; nothing outside memory.
  std::optional<u64> Word(u64 physical) const;
  bool Holds(u64 begin, u64 bytes) const;
  u64 bytes() const { return total_; }

 private:
  struct Range {
    u64 begin;
    Bytes bytes;
  };
  const Range* RangeOf(u64 begin, u64 bytes) const;
  std::vector<Range> ranges_;
  u64 total_ = 0;
};

}  // namespace caponier::tool::audit
