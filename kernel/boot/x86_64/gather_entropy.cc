// What can seed an x86 machine before it has drivers: the 64-byte seed that the launcher's fw_cfg entry holds, and RDSEED, else
// RDRAND. The VM generation ID gets its page here too, where memory is identity-mapped.
#include "kernel/boot/stage1.h"
#include "kernel/boot/x86_64/fw_cfg.h"
#include "kernel/random/instruction.h"
#include "lib/base/bytes.h"
#include "lib/entropy/sources/firmware_seed.h"
#include "lib/random/harvest.h"

namespace caponier::boot {
namespace {

// Gives the host a page of ours for the VM generation ID, and its address [vmgenid]; nothing where there is no such device.
PhysAddr PlaceVmGeneration() {
  constexpr u64 kIdOffset = 40;  // VMGENID_GUID_OFFSET of QEMU's page
  const auto page = FindFirmwareFile("etc/vmgenid_guid"), address = FindFirmwareFile("etc/vmgenid_addr");
  if (!page || !address || page->bytes > kPageSize) return {};
  const u64 frame = TakeZeroedFrame();
  if (ReadFirmwareFile(*page, {reinterpret_cast<std::byte*>(frame), kPageSize}) == 0) return {};
  const Le64 place(frame + kIdOffset);
  return WriteFirmwareFile(*address, BytesOf(place)) ? PhysAddr{frame + kIdOffset} : PhysAddr{};
}

}  // namespace

void GatherEntropy(u64, random::Root& root) {
  std::byte seed[64];
  if (const auto file = FindFirmwareFile("opt/org.caponier/seed")) {
    const size_t bytes = ReadFirmwareFile(*file, seed);
    entropy::FirmwareSeed source(MutableBytes(seed).first(bytes));
    random::Harvest(root, source, bytes);
  }
  kernel::random::HarvestRandomInstruction(root);
  g_handoff.info.vm_generation = PlaceVmGeneration();
  g_handoff.info.serve_draws = FindFirmwareFile("opt/org.caponier/draws").has_value();
}

}  // namespace caponier::boot
