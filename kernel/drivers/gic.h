// Arm's Generic Interrupt Controller, versions 2 [gicv2] and 3 [gicv3], for one processor. An INTID below 16 is software's, below 32 the
// processor's own (timer), from 32 up a device's.
#pragma once

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::drivers {

enum class Trigger : u8 { kLevel, kEdge };

class Gic {
 public:
  static constexpr u32 kNone = 1023;  // Acknowledge: nothing is pending
  // Takes the most urgent pending interrupt; the same value goes back with Complete.
  virtual u32 Acknowledge() = 0;
  virtual void Complete(u32 interrupt) = 0;
  // Routes `line` to this processor and unmasks it. A line the controller lacks is ignored.
  virtual void Enable(u32 line, Trigger trigger) = 0;

 protected:
  ~Gic() = default;
};

// Physical places come from the device tree. Both map the registers they need, silence every line, and open this processor.
Result<Gic*> InitGicV3(PhysAddr distributor, PhysAddr redistributors, u64 redistributor_bytes);
Result<Gic*> InitGicV2(PhysAddr distributor, PhysAddr cpu_interface);

}  // namespace caponier::drivers
