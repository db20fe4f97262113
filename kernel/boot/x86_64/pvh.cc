// The PVH start information [xen-pvh] and what else the firmware of QEMU's microvm, or another VMM with the same protocol, says:
// the memory map, the archive, and the virtio-mmio devices on the command line ("virtio_mmio.device=512@0xfeb00e00:12").
#include <string_view>

#include "kernel/arch/machine.h"
#include "kernel/boot/stage1.h"

extern "C" {
extern std::byte __image_start[], __image_end[];
extern caponier::u64 identity_tables[], identity_five_levels[];
extern const caponier::i32 __smap_patches_start[], __smap_patches_end[];
[[noreturn]] void JumpIn(caponier::u64 image, caponier::u64 left);
void EnterHighAsm(caponier::u64 kernel_root, caponier::u64 entry, caponier::u64 stack_top);
}

namespace caponier::boot {
namespace {

struct StartInfo {
  u32 magic, version, flags, module_count;
  u64 modules, command_line, rsdp;
  u64 memory_map;  // version 1
  u32 memory_map_entries, reserved;
};
struct Module {
  u64 base, bytes, command_line, reserved;
};
struct MapEntry {
  u64 base, bytes;
  u32 type, reserved;
};
constexpr u32 kMagic = 0x336ec578;
constexpr u32 kTypeRam = 1;
constexpr u64 kLowMemory = kMiB;  // firmware's: start information, real-mode data; never handed out

u64 ParseNumber(std::string_view& text) {
  u64 value = 0;
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  while (!text.empty()) {
    const char c = text.front();
    u64 digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<u64>(c - '0');
    } else if (hex && c >= 'a' && c <= 'f') {
      digit = static_cast<u64>(c - 'a' + 10);
    } else {
      break;
    }
    value = value * (hex ? 16 : 10) + digit;
    text.remove_prefix(1);
  }
  return value;
}

void ParseVirtioDevices(std::string_view line, BootInfo& info) {
  constexpr std::string_view kKey = "virtio_mmio.device=";
  for (size_t at = line.find(kKey); at != std::string_view::npos; at = line.find(kKey)) {
    line.remove_prefix(at + kKey.size());
    ParseNumber(line);  // size
    if (line.starts_with('K')) line.remove_prefix(1);
    if (!line.starts_with('@')) continue;
    line.remove_prefix(1);
    const u64 base = ParseNumber(line);
    if (!line.starts_with(':')) continue;
    line.remove_prefix(1);
    const u32 interrupt = static_cast<u32>(ParseNumber(line));
    if (info.virtio_count < 40) info.virtio[info.virtio_count++] = {{base}, interrupt};
  }
}

u64* IdentityRoot() { return arch::g_five_levels ? identity_five_levels : identity_tables; }

}  // namespace

void ReadBootInfo(u64 argument, BootInfo& info) {
  const auto* start = reinterpret_cast<const StartInfo*>(argument);
  if (start->magic != kMagic || start->version < 1) __builtin_trap();
  const auto* entries = reinterpret_cast<const MapEntry*>(start->memory_map);
  for (u32 i = 0; i < start->memory_map_entries; i++) {
    if (entries[i].type != kTypeRam) continue;
    const u64 base = entries[i].base < kLowMemory ? kLowMemory : entries[i].base;
    const u64 end = entries[i].base + entries[i].bytes;
    if (end > base) info.AddRam(base, end - base);
  }
  info.early_end = 4 * kGiB;  // of which entry.S made an identity map
  info.image = {{reinterpret_cast<u64>(__image_start)}, static_cast<u64>(__image_end - __image_start)};
  info.Reserve(info.image.base.value, info.image.bytes);
  if (start->module_count > 0) {
    const auto* module = reinterpret_cast<const Module*>(start->modules);
    info.archive = {{module->base}, module->bytes};
    info.Reserve(info.archive.base.value, info.archive.bytes);
  }
  if (start->command_line != 0) ParseVirtioDevices(reinterpret_cast<const char*>(start->command_line), info);
}

void PatchImage(u64) {
  u32 ebx, ecx = 0, edx, eax = 7;
  asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  if ((ebx & (1u << 20)) != 0) return;  // the CPU has SMAP
  for (const i32* patch = __smap_patches_start; patch < __smap_patches_end; patch++) {
    auto* site = reinterpret_cast<u8*>(reinterpret_cast<u64>(patch) + static_cast<u64>(static_cast<i64>(*patch)));
    const u8 nop[] = {0x0f, 0x1f, 0x00};
    __builtin_memcpy(site, nop, sizeof(nop));
  }
}

void EnsureIdentity(PhysAddr physical, u64 bytes) {
  if (physical.value + bytes > g_handoff.info.early_end) __builtin_trap();
}

void AllowToExecute(PhysAddr, u64) {}  // all of the identity map can be

void ContinueIn(u64 image, u64 left) {
  constexpr u64 kTables = 7, kEntries = kPageSize / sizeof(u64);
  u64* tables = identity_tables + (image - left) / sizeof(u64);
  for (u64 i = 0; i < kTables * kEntries; i++) {
    if (arch::IsPresent(tables[i]) && (tables[i] & arch::pte::kLarge) == 0) tables[i] += image - left;
  }
  const u64 root = reinterpret_cast<u64>(IdentityRoot()) + image - left;
  asm volatile("mov %0, %%cr3" ::"r"(root) : "memory");
  JumpIn(image, left);
}

void EnterHigh(PhysAddr kernel_root, u64 entry, u64 stack_top) {
  const auto* root = reinterpret_cast<const u64*>(kernel_root.value);
  for (int i = 256; i < 512; i++) IdentityRoot()[i] = root[i];
  asm volatile("mov %%cr3, %%rax; mov %%rax, %%cr3" ::: "rax", "memory");
  EnterHighAsm(kernel_root.value, entry, stack_top);
  __builtin_unreachable();
}

}  // namespace caponier::boot
