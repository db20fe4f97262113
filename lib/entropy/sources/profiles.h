// Every source's profile by its id.
#pragma once

#include "lib/entropy/sources/cpu_instruction.h"
#include "lib/entropy/sources/firmware_seed.h"
#include "lib/entropy/sources/launcher_seed.h"
#include "lib/entropy/sources/program_write.h"
#include "lib/entropy/sources/virtio_rng.h"

namespace caponier::entropy {

constexpr const SourceProfile& ProfileOf(SourceId id) {
  switch (id) {
    case SourceId::kCpuSeed: return kCpuSeedProfile;
    case SourceId::kCpuRandom: return kCpuRandomProfile;
    case SourceId::kFirmwareSeed: return kFirmwareSeedProfile;
    case SourceId::kVirtioRng: return kVirtioRngProfile;
    case SourceId::kLauncherSeed: return kLauncherSeedProfile;
    case SourceId::kProgramWrite: return kProgramWriteProfile;
  }
  __builtin_trap();
}

}  // namespace caponier::entropy
