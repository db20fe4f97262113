// The local APIC's timer, the I/O APIC's pins, and the vectors both use.
#pragma once

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::arch {

inline constexpr u64 kFirstInterruptVector = 32, kTimerVector = 32, kFirstDeviceVector = 48, kDeviceVectors = 24,
                     kSpuriousVector = 79;

Result<void> InitApic();
void AcknowledgeInterrupt();
// The APIC timer counts down at a known 1 GHz under QEMU and KVM: the reference that the cycle counter is calibrated against until
// the timer is first used for a deadline.
u32 ReferenceNsLeft();

}  // namespace caponier::arch
