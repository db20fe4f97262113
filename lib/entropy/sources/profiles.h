// Every source's profile by its id.
#pragma once

#include "lib/entropy/sources/arm_trng.h"
#include "lib/entropy/sources/cpu_instruction.h"
#include "lib/entropy/sources/firmware_seed.h"
#include "lib/entropy/sources/interrupt_timing.h"
#include "lib/entropy/sources/launcher_seed.h"
#include "lib/entropy/sources/program_write.h"
#include "lib/entropy/sources/timing_jitter.h"
#include "lib/entropy/sources/virtio_rng.h"
#include "lib/entropy/sources/vm_generation.h"

namespace caponier::entropy {

constexpr const SourceProfile& ProfileOf(SourceId id) {
  switch (id) {
    case SourceId::kCpuSeed: return kCpuSeedProfile;
    case SourceId::kCpuRandom: return kCpuRandomProfile;
    case SourceId::kFirmwareSeed: return kFirmwareSeedProfile;
    case SourceId::kVirtioRng: return kVirtioRngProfile;
    case SourceId::kLauncherSeed: return kLauncherSeedProfile;
    case SourceId::kProgramWrite: return kProgramWriteProfile;
    case SourceId::kTimingJitter: return kTimingJitterProfile;
    case SourceId::kInterruptTiming: return kInterruptTimingProfile;
    case SourceId::kArmTrng: return kArmTrngProfile;
    case SourceId::kVmGeneration: return kVmGenerationProfile;
  }
  __builtin_trap();
}

}  // namespace caponier::entropy
