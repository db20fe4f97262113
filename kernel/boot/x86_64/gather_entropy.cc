// What can seed an x86 machine before it has drivers: RDSEED, else RDRAND, and the 64-byte seed that the launcher's fw_cfg entry
// holds (QEMU's firmware configuration device, docs/specs/fw_cfg [qemu-fw-cfg]).
#include <optional>
#include <string_view>

#include "kernel/arch/x86_64/features.h"
#include "kernel/boot/stage1.h"
#include "lib/base/bytes.h"
#include "lib/entropy/sources/cpu_instruction.h"
#include "lib/entropy/sources/firmware_seed.h"
#include "lib/random/harvest.h"

namespace caponier::boot {
namespace {

constexpr u16 kSelector = 0x510, kData = 0x511, kDmaHigh = 0x514, kDmaLow = 0x518;
constexpr u16 kKeySignature = 0x0000, kKeyDirectory = 0x0019;
constexpr u32 kDmaError = 1, kDmaRead = 2, kDmaSelect = 8;

void Out16(u16 port, u16 value) { asm volatile("outw %0, %1" ::"a"(value), "Nd"(port)); }
void Out32(u16 port, u32 value) { asm volatile("outl %0, %1" ::"a"(value), "Nd"(port)); }
u8 In8(u16 port) {
  u8 value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

struct DmaAccess {
  Be32 control, length;
  Be64 address;
};

bool Transfer(u32 control, void* address, u32 bytes) {
  DmaAccess access;
  access.control = Be32(control);
  access.length = Be32(bytes);
  access.address = Be64(reinterpret_cast<u64>(address));
  const u64 at = reinterpret_cast<u64>(&access);
  asm volatile("" ::"r"(at) : "memory");
  Out32(kDmaHigh, __builtin_bswap32(static_cast<u32>(at >> 32)));
  Out32(kDmaLow, __builtin_bswap32(static_cast<u32>(at)));
  for (u32 spins = 0; spins < 1'000'000; spins++) {
    asm volatile("" ::: "memory");
    const u32 state = access.control;
    if (state == 0) return true;
    if ((state & kDmaError) != 0) return false;
  }
  return false;
}

struct DirectoryEntry {
  Be32 size;
  Be16 key;
  Be16 reserved;
  char name[56];
};
static_assert(sizeof(DirectoryEntry) == 64);

// Reads the named entry, at most buffer.size() bytes; 0 when the device or the entry is absent. The launcher's copy stays with the
// VMM; the guest cannot wipe it there.
size_t ReadFirmwareFile(std::string_view name, MutableBytes buffer) {
  Out16(kSelector, kKeySignature);
  for (char expected : std::string_view("QEMU")) {
    if (In8(kData) != static_cast<u8>(expected)) return 0;
  }
  Be32 count;
  if (!Transfer(kKeyDirectory << 16 | kDmaSelect | kDmaRead, &count, sizeof(count))) return 0;
  for (u32 i = 0; i < count && i < 256; i++) {
    DirectoryEntry entry;
    if (!Transfer(kDmaRead, &entry, sizeof(entry))) return 0;
    entry.name[sizeof(entry.name) - 1] = 0;
    if (name != std::string_view(entry.name)) continue;
    const u32 bytes = entry.size < buffer.size() ? static_cast<u32>(entry.size) : static_cast<u32>(buffer.size());
    return Transfer(static_cast<u32>(entry.key) << 16 | kDmaSelect | kDmaRead, buffer.data(), bytes) ? bytes : 0;
  }
  return 0;
}

std::optional<u64> ReadSeed() {
  u64 value;
  bool ready;
  asm volatile("rdseed %0" : "=r"(value), "=@ccc"(ready));
  if (!ready) return std::nullopt;
  return value;
}

std::optional<u64> ReadRandom() {
  u64 value;
  bool ready;
  asm volatile("rdrand %0" : "=r"(value), "=@ccc"(ready));
  if (!ready) return std::nullopt;
  return value;
}

}  // namespace

void GatherEntropy(u64, random::Root& root) {
  const arch::CpuFeatures& cpu = arch::Features();
  if (cpu.rdseed) {
    entropy::CpuInstruction source(entropy::kCpuSeedProfile, ReadSeed);
    random::Harvest(root, source, entropy::BootWords(entropy::kCpuSeedProfile));
  } else if (cpu.rdrand) {
    entropy::CpuInstruction source(entropy::kCpuRandomProfile, ReadRandom);
    random::Harvest(root, source, entropy::BootWords(entropy::kCpuRandomProfile));
  }
  std::byte seed[64];
  if (const size_t bytes = ReadFirmwareFile("opt/org.caponier/seed", seed); bytes != 0) {
    entropy::FirmwareSeed source(MutableBytes(seed).first(bytes));
    random::Harvest(root, source, bytes);
  }
}

}  // namespace caponier::boot
