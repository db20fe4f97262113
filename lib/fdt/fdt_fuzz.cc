// Any bytes: opening a tree and asking it everything ends, and every answer keeps the promises of device_tree.h.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "lib/fdt/device_tree.h"

using namespace caponier;

namespace {

void CheckRanges(const fdt::Ranges& ranges) {
  for (const fdt::Range& range : ranges.items()) {
    if (range.size == 0 || range.start.value + range.size < range.start.value) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  std::vector<u64> words((size + 7) / 8);
  if (size != 0) std::memcpy(words.data(), data, size);
  MutableBytes blob(reinterpret_cast<std::byte*>(words.data()), size);
  FirstDiagnostic diagnostic;
  auto opened = fdt::DeviceTree::Open(blob, diagnostic);
  if (!opened.ok()) {
    if (diagnostic.what().empty()) abort();
    return 0;
  }
  const fdt::DeviceTree& tree = opened.value();
  if (auto memory = tree.Memory(); memory.ok()) CheckRanges(memory.value());
  if (auto reserved = tree.Reserved(); reserved.ok()) CheckRanges(reserved.value());
  (void)tree.CpuCount();
  (void)tree.Psci();
  (void)tree.Timer();
  for (const char* name : {"virtio,mmio", "arm,pl011", "arm,gic-v3", "arm,cortex-a15-gic", "simple-bus"}) {
    (void)tree.ForEach(name, [](const fdt::Device& device) {
      for (const fdt::Interrupt& interrupt : device.interrupts.items()) {
        if (interrupt.id < 16 || interrupt.id > 1019) abort();
      }
    });
  }
  if (auto chosen = tree.ReadChosen(); chosen.ok()) {
    if (!fdt::WipeSeeds(blob, diagnostic).ok()) abort();
    for (Bytes seed : {chosen.value().rng_seed, chosen.value().kaslr_seed}) {
      for (std::byte byte : seed) {
        if (byte != std::byte{0}) abort();
      }
    }
  }
  return 0;
}
