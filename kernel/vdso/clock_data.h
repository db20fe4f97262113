// The page that the kernel writes and every program can read: how the cycle counter becomes time.
#pragma once

#include <cstdint>

namespace caponier::vdso {

struct ClockData {
  uint32_t sequence;  // odd while the kernel writes
  uint32_t shift;
  uint64_t base_counter, base_ns, mult;  // ns = base_ns + ((counter - base_counter) * mult >> shift)
  uint64_t realtime_offset_ns;           // real time less monotonic time
};

}  // namespace caponier::vdso
