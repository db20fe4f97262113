#include "kernel/boot/x86_64/fw_cfg.h"

#include <iterator>

#include "kernel/boot/x86_64/ports.h"

namespace caponier::boot {
namespace {

constexpr u16 kSelector = 0x510, kData = 0x511, kDmaHigh = 0x514, kDmaLow = 0x518;
constexpr u16 kKeySignature = 0x0000, kKeyDirectory = 0x0019;
constexpr u32 kDmaError = 1, kDmaRead = 2, kDmaSelect = 8, kDmaWrite = 16;

void Out16(u16 port, u16 value) { asm volatile("outw %0, %1" ::"a"(value), "Nd"(port)); }
void Out32(u16 port, u32 value) { asm volatile("outl %0, %1" ::"a"(value), "Nd"(port)); }

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

bool IsThere() {
  Out16(kSelector, kKeySignature);
  for (char expected : std::string_view("QEMU")) {
    if (In8(kData) != static_cast<u8>(expected)) return false;
  }
  return true;
}

// Read once and in one piece: every access to the device leaves the guest. Behind the directory's end come zeroes.
struct Directory {
  Be32 count;
  DirectoryEntry entries[63];
};
constinit Directory g_directory{};
bool g_looked;

void Look() {
  g_looked = true;
  if (!IsThere() || !Transfer(kKeyDirectory << 16 | kDmaSelect | kDmaRead, &g_directory, sizeof(g_directory)))
    g_directory.count = Be32(0);
}

}  // namespace

std::optional<FirmwareFile> FindFirmwareFile(std::string_view name) {
  if (!g_looked) Look();
  const u32 count = g_directory.count;
  for (u32 i = 0; i < count && i < std::size(g_directory.entries); i++) {
    DirectoryEntry& entry = g_directory.entries[i];
    entry.name[sizeof(entry.name) - 1] = 0;
    if (name == std::string_view(entry.name)) return FirmwareFile{entry.key, entry.size};
  }
  return {};
}

size_t ReadFirmwareFile(const FirmwareFile& file, MutableBytes buffer) {
  const u32 bytes = file.bytes < buffer.size() ? file.bytes : static_cast<u32>(buffer.size());
  return Transfer(static_cast<u32>(file.key) << 16 | kDmaSelect | kDmaRead, buffer.data(), bytes) ? bytes : 0;
}

bool WriteFirmwareFile(const FirmwareFile& file, Bytes contents) {
  // The device only reads it.
  void* data = const_cast<std::byte*>(contents.data());
  return Transfer(static_cast<u32>(file.key) << 16 | kDmaSelect | kDmaWrite, data, static_cast<u32>(contents.size()));
}

}  // namespace caponier::boot
