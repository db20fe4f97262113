// Physical memory, a 4 KiB frame at a time. Nothing in this kernel needs two frames side by side, so a free list is all there is;
// frames never handed out yet are taken from the memory map in order, and their bookkeeping is mapped as that reaches them, so
// starting costs the same for 6 MiB as for 64 GiB.
//
// A frame is reached only through a mapping somebody made for it: there is no linear map (see window.h).
#pragma once

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::mm {

enum class FrameKind : u8 {
  kUnused = 0,  // not memory, or never handed out
  kFree,
  kKernel,  // kernel image, stacks, heap
  kPageTable,
  kProgram,  // anonymous memory of the program
  kFile,     // contents of a file
  kDevice,   // device rings
};

// One per frame of memory. `uses` counts mappings and owners; page tables keep their number of present entries in `entries`.
struct FrameInfo {
  u32 references;
  u32 next_free;  // frame number, while free
  u16 entries;
  FrameKind kind;
  u8 executable_mappings;  // program pages that execute it, and that write it: never both; saturating
  u8 writable_mappings = 0;
  u8 met = 0;  // by the walk of that number: how (table_audit.cc)
  u16 walk = 0;
};
static_assert(sizeof(FrameInfo) == 16);

// A new frame with one reference. Contents are undefined: whoever maps it zeroes or fills it first.
Result<PhysAddr> AllocateFrame(FrameKind kind);
// As above for the program's own memory: refuses while less than the kernel's reserve is left, so that the kernel never starves.
Result<PhysAddr> AllocateProgramFrame(FrameKind kind);
// A frame of zeroes, and when `tagged` with that tag everywhere.
Result<PhysAddr> AllocateZeroedProgramFrame(FrameKind kind, bool tagged, u8 tag = 0);
void RetainFrame(PhysAddr frame);
void ReleaseFrame(PhysAddr frame);  // frees it with its last reference
FrameInfo& InfoOf(PhysAddr frame);
// Null for what is no frame: devices' registers, and the kernel's image.
FrameInfo* FindInfo(PhysAddr frame);
// A number that no frame has as its `walk`.
u16 NextWalk();
// Declares memory that came filled (the archive) as frames of `kind`, one reference each.
Result<void> AdoptFrames(PhysAddr first, u64 count, FrameKind kind);

// Less than the kernel's reserve is left: what a program asks the kernel to remember for it is refused too.
bool InReserve();

u64 TotalFrames();
u64 FreeFrames();
u64 PageTableFrames();  // counted anew

}  // namespace caponier::mm
