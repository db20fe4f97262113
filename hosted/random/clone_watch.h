// Whether the machine that this process runs in was copied: a snapshot resumed twice, a live migration. The hypervisor tells a
// VMClock device, and Linux shows its page as /dev/vmclock0 [vmclock]: a counter in it changes before the copy runs its first instruction,
// so a look at it costs one load and is never late. Without such a device nothing tells a process (the kernel learns of it by vmgenid and
// keeps it to itself), and only the regular reseeds end the sameness.
#pragma once

#include <sys/types.h>

#include "lib/base/bytes.h"

namespace caponier::hosted {

// The head of the device's page; little-endian, as both architectures are.
struct VmClockPage {
  u32 magic;
  u32 size;
  u16 version;
  u8 counter_id, time_type;
  u32 sequence;
  u64 disruption_marker;  // changes with a migration, and with a resume
  u64 flags;
  u8 clock[72];
  u64 generation;  // changes with a resume; there if the flag says so
};
static_assert(sizeof(VmClockPage) == 112);
inline constexpr u32 kVmClockMagic = 0x4b4c4356;  // "VCLK"
inline constexpr u64 kVmClockHasGeneration = u64{1} << 8;

class CloneWatch {
 public:
  constexpr CloneWatch() = default;
  // Maps the page behind `path`. Without the device, or with one that is none, there is nothing to watch and Now() never changes.
  void Open(const char* path);
  bool watching() const { return page_ != nullptr; }
  // Changes when the machine is copied.
  u64 Now() const {
    if (page_ == nullptr) return 0;
    // Two counters that both only grow, or jump to values never seen: their sum standing still while either moves is not a case.
    return page_->disruption_marker + (has_generation_ ? page_->generation * 0x9e3779b97f4a7c15 : 0);
  }

 private:
  const volatile VmClockPage* page_ = nullptr;
  bool has_generation_ = false;
};

}  // namespace caponier::hosted
