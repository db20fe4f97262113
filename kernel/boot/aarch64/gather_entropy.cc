// What can seed this machine before it has drivers: the seeds that the device tree holds, wiped in place as they are read, the TRNG of
// its firmware, and RNDRRS, else RNDR, where the processor has them.
#include "kernel/boot/aarch64/device_tree.h"
#include "kernel/boot/stage1.h"
#include "kernel/random/aarch64/arm_trng.h"
#include "kernel/random/instruction.h"
#include "lib/entropy/sources/firmware_seed.h"
#include "lib/random/harvest.h"

namespace caponier::boot {

void GatherEntropy(u64 argument, random::Root& root) {
  const fdt::DeviceTree& tree = TheDeviceTree(argument);
  if (const Result<fdt::Chosen> chosen = tree.ReadChosen(); chosen.ok()) {
    for (const Bytes seed : {chosen.value().rng_seed, chosen.value().kaslr_seed}) {
      if (seed.empty()) continue;
      // The tree lies in memory of ours; the source erases each byte as it reads it.
      entropy::FirmwareSeed source({const_cast<std::byte*>(seed.data()), seed.size()});
      random::Harvest(root, source, seed.size());
    }
  }
  using kernel::random::Conduit;
  if (const Result<fdt::PsciConduit> psci = tree.Psci(); psci.ok())
    kernel::random::HarvestArmTrng(root, psci.value() == fdt::PsciConduit::kSmc ? Conduit::kSmc : Conduit::kHvc);
  kernel::random::HarvestRandomInstruction(root);
}

}  // namespace caponier::boot
