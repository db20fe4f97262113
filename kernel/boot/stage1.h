// Stage 1: from the firmware's hand-over to the kernel at its random place. It runs identity-mapped, on the boot stack, with interrupts off:
//
//   relocate to the physical base -> read the boot information -> gather credited entropy, or stop -> plan the layout
//   -> unless loaded at one, move to a random physical place, and wipe the first -> build the kernel's page tables
//   -> relocate to the planned virtual base -> jump there, identity mapping left behind
//
// What stays true: nothing is placed before randomness is seeded; a machine without a credited source does not boot. Stage 1 leaves
// no pointer behind: everything it hands on is plain data in g_handoff, whose absolute addresses are the final ones.
#pragma once

#include "kernel/boot/boot_info.h"
#include "kernel/boot/frame_cursor.h"
#include "kernel/mm/page_flags.h"
#include "lib/random/random.h"

namespace caponier::boot {

struct PlacedRegion {
  u64 begin = 0, pages = 0;
};

struct Handoff {
  BootInfo info;
  FrameCursor frames;
  random::Root random;
  PhysAddr kernel_root{};
  PlacedRegion image, boot_stack, frame_table, window, window_table, region_table, shadow_stack;
  u64 image_text_pages = 0, image_rodata_pages = 0;
  u64 early_frames = 0;  // handed out by stage 1, for the accounting
};
extern Handoff g_handoff;

// --- common ----------------------------------------------------------------------------------------------------------------------
// A frame of memory, zeroed, never given back; stops the machine when there is none.
u64 TakeZeroedFrame();
// Maps a page in the kernel's half.
void Map(u64 address, u64 frame, mm::PageFlags flags);
// Seeds from the virtio entropy device, by polling: for machines where nothing else can be credited.
void GatherFromVirtio(const BootInfo& info, random::Root& root);

// --- implemented per architecture (kernel/boot/<arch>) ---------------------------------------------------------------------------
// Fills `info` from what the firmware passed; `argument` is its pointer (PVH start information, device tree).
void ReadBootInfo(u64 argument, BootInfo& info);
// Offers everything that can seed at this point: the CPU's instruction, firmware seeds (wiped in place afterwards).
void GatherEntropy(u64 argument, random::Root& root);
// Makes what lies there executable at its own address.
void AllowToExecute(PhysAddr physical, u64 bytes);
// Goes on with Stage1Moved in the image at `image`, a copy of the one at `left`: the identity map's tables are those of the copy from then on.
[[noreturn]] void ContinueIn(u64 image, u64 left);
// Adapts the image's instructions to this CPU while it can still be written (x86: SMAP instructions).
void PatchImage(u64 image_base);
// Makes the way to the windows' page table that arch::OpenGate opens; where the table is to be found then.
u64 MakeGate(PhysAddr table);
// Makes the kernel half current beside the identity mapping, then calls entry() high on `stack_top`.
[[noreturn]] void EnterHigh(PhysAddr kernel_root, u64 entry, u64 stack_top);
// x86 only: draws for tests of clones instead of a program (serve_draws.cc).
void ServeDraws();
// Makes `bytes` at `physical` reachable at their own address while stage 1 runs.
void EnsureIdentity(PhysAddr physical, u64 bytes);

}  // namespace caponier::boot
