// What stage 1 learns from the firmware and leaves for the kernel. Plain data without pointers: stage 1 runs at the image's
// physical place, the kernel at its random virtual one, and both see the same bytes.
#pragma once

#include <iterator>

#include "lib/base/types.h"

namespace caponier::boot {

struct MemoryRange {
  PhysAddr base{};
  u64 bytes = 0;
  constexpr u64 end() const { return base.value + bytes; }
};

struct VirtioSlot {
  PhysAddr registers{};
  u32 line = 0;  // interrupt: I/O APIC pin or GIC INTID
  u32 type = 0;  // virtio device id; 0: nothing is plugged in
};

struct BootInfo {
  MemoryRange ram[32];
  u32 ram_count = 0;
  MemoryRange reserved[24];  // inside RAM, not to be handed out: image, archive, device tree, what a device may still write to
  u32 reserved_count = 0;
  MemoryRange image, archive;
  u64 early_end = 0;    // stage 1 reaches what lies below
  u64 first_frame = 0;  // the number of the one that is handed out first (frame_cursor.h)
  VirtioSlot virtio[40];
  u32 virtio_count = 0;
  PhysAddr vm_generation{};  // 16 bytes that the host changes when it restores a snapshot; zero: it has no such device
  bool serve_draws = false;  // x86: for tests, see serve_draws.cc
  // AArch64, from the device tree.
  PhysAddr uart{}, gic_distributor{}, gic_redistributor{}, gic_cpu_interface{};
  u64 gic_redistributor_bytes = 0;
  u32 gic_version = 0;
  u32 timer_line = 0;
  bool psci_by_smc = false;
  u32 gic_edge_lines[32] = {};  // bit per INTID: triggered by an edge
  // Phases, in CycleCounter() units.
  u64 entry_counter = 0, seeded_counter = 0, paging_counter = 0;

  bool IsEdge(u32 line) const { return line < 1024 && (gic_edge_lines[line / 32] >> (line % 32) & 1) != 0; }
  void SetEdge(u32 line) {
    if (line < 1024) gic_edge_lines[line / 32] |= 1u << (line % 32);
  }

  void AddRam(u64 base, u64 bytes) {
    if (ram_count < 32 && bytes != 0) ram[ram_count++] = {{base}, bytes};
  }
  void Reserve(u64 base, u64 bytes) {
    if (reserved_count == std::size(reserved)) __builtin_trap();
    if (bytes != 0) reserved[reserved_count++] = {{base}, bytes};
  }
  // The image moves there, and leaves its place to others.
  void MoveImage(u64 base) {
    for (u32 i = 0; i < reserved_count; i++) {
      if (reserved[i].base == image.base) reserved[i].base = {base};
    }
    image.base = {base};
  }
};

}  // namespace caponier::boot
