#include "kernel/boot/aarch64/identity.h"

#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"

extern "C" {
extern caponier::u64 identity_tables[];
extern std::byte identity_tables_end[], __image_start[], __rodata_start[];
[[noreturn]] void JumpIn(caponier::u64 image, caponier::u64 left);
caponier::u64 identity_next;  // physical address of the next unused table; entry.S took the first
}

namespace caponier::boot {
namespace {

constexpr int kRootLevel = 3, kBlockLevel = 1;
constexpr u64 kBlockBytes = 2 * kMiB;
constexpr u64 Index(u64 address, int level) { return address >> (kPageBits + 9 * level) & 511; }

// A leaf entry above the last level is a block: bit 1 is clear [arm-arm] D8.3.1.
u64 MakeBlock(u64 address, mm::PageFlags flags) {
  return arch::MakeLeaf({AlignDown(address, kBlockBytes)}, flags) & ~arch::pte::kTableOrPage;
}

void FlushAll() { asm volatile("dsb ishst; tlbi vmalle1; dsb nsh; isb" ::: "memory"); }

}  // namespace

void MapIdentity(PhysAddr physical, u64 bytes, mm::PageFlags flags) {
  const u64 end = physical.value + bytes;
  for (u64 address = AlignDown(physical.value, kBlockBytes); address < end; address += kBlockBytes) {
    u64* table = identity_tables;
    for (int level = kRootLevel; level > kBlockLevel; level--) {
      u64* slot = table + Index(address, level);
      if (!arch::IsPresent(*slot)) {
        if (identity_next == reinterpret_cast<u64>(identity_tables_end)) __builtin_trap();
        arch::StoreEntry(slot, arch::MakeTable({identity_next}, false));
        identity_next += kPageSize;
      }
      table = reinterpret_cast<u64*>(arch::EntryAddress(*slot).value);
    }
    u64* slot = table + Index(address, kBlockLevel);
    if (arch::IsPresent(*slot) && !flags.execute) continue;
    arch::StoreEntry(slot, MakeBlock(address, flags));
    arch::PublishMapping();
  }
}

// What is not memory is a device's registers. The device tree itself is read before memory is known, and is memory.
void EnsureIdentity(PhysAddr physical, u64 bytes) {
  const BootInfo& info = g_handoff.info;
  bool memory = info.ram_count == 0;
  for (u32 i = 0; i < info.ram_count; i++) memory |= physical >= info.ram[i].base && physical.value < info.ram[i].end();
  MapIdentity(physical, bytes, {.write = true, .device = !memory});
}

void AllowToExecute(PhysAddr physical, u64 bytes) {
  MapIdentity(physical, bytes, {.write = true, .execute = true});
  FlushAll();
}

void ContinueIn(u64 image, u64 left) {
  const u64 moved = image - left;
  const u64* end = reinterpret_cast<const u64*>(identity_tables_end) + moved / sizeof(u64);
  for (u64* entry = identity_tables + moved / sizeof(u64); entry < end; entry++) {
    if (arch::IsPresent(*entry) && (*entry & arch::pte::kTableOrPage) != 0) *entry += moved;
  }
  *(&identity_next + moved / sizeof(u64)) += moved;
  u64 cache_type;
  asm("mrs %0, ctr_el0" : "=r"(cache_type));
  const u64 line = u64{4} << (cache_type >> 16 & 15), text = static_cast<u64>(__rodata_start - __image_start);
  for (u64 at = image; at < image + text; at += line) asm volatile("dc cvau, %0" ::"r"(at) : "memory");
  asm volatile("dsb ish; ic iallu; dsb ish; msr ttbr0_el1, %0; isb" ::"r"(reinterpret_cast<u64>(identity_tables) + moved)
               : "memory");
  FlushAll();
  JumpIn(image, left);
}

void LeaveIdentity() {
  const u64 uart = g_handoff.info.uart.value;
  __builtin_memset(identity_tables, 0,
                   reinterpret_cast<std::byte*>(identity_tables_end) - reinterpret_cast<std::byte*>(identity_tables));
  if (uart != 0) {
    const u64 offset = reinterpret_cast<u64>(identity_tables) - g_handoff.image.begin;
    const PhysAddr tables = g_handoff.info.image.base + offset;
    constexpr u64 kEntries = kPageSize / sizeof(u64);
    identity_tables[Index(uart, 3)] = arch::MakeTable(tables + kPageSize, false);
    identity_tables[kEntries + Index(uart, 2)] = arch::MakeTable(tables + 2 * kPageSize, false);
    identity_tables[2 * kEntries + Index(uart, 1)] = MakeBlock(uart, {.write = true, .device = true});
  }
  FlushAll();
}

void CloseIdentity() {
  identity_tables[Index(g_handoff.info.uart.value, 3)] = 0;
  FlushAll();
}

}  // namespace caponier::boot
