// The kernel's heap: power-of-two slots in pages of one arena, their state in a region of its own, larger blocks as regions with
// guards. An address that is not the start of a live block cannot be freed: the machine stops.
#include "kernel/mm/heap.h"

#include <new>

#include "kernel/arch/machine.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/report/crash.h"

namespace caponier::mm {
namespace {

constexpr u64 kArenaBytes = 256 * kMiB;
constexpr u64 kSmallestShift = 5, kLargestShift = 11;  // 32 to 2,048 bytes
constexpr u32 kClasses = kLargestShift - kSmallestShift + 1;
constexpr u32 kNone = ~0u;

// One per page of the arena.
struct Slab {
  u64 free[2];         // bit per slot
  u32 next, previous;  // among the class's slabs with room, or the unused ones
  u16 free_slots;
  u8 size_class;
  bool in_use;
  u32 reserved;
};
static_assert(sizeof(Slab) == 32);

KernelRegion g_arena, g_metadata;
u32 g_with_room[kClasses];
u32 g_unused;  // pages that were used and are mapped, for any class
u32 g_fresh;   // first page never used
u64 g_metadata_pages;
u64 g_in_use_bytes;

Slab& SlabAt(u32 page) { return reinterpret_cast<Slab*>(g_metadata.begin)[page]; }
u32 SlotsOf(u32 size_class) { return static_cast<u32>(kPageSize >> (kSmallestShift + size_class)); }

void Push(u32& head, u32 page) {
  Slab& slab = SlabAt(page);
  slab.next = head;
  slab.previous = kNone;
  if (head != kNone) SlabAt(head).previous = page;
  head = page;
}
void Unlink(u32& head, u32 page) {
  const Slab& slab = SlabAt(page);
  if (slab.next != kNone) SlabAt(slab.next).previous = slab.previous;
  if (slab.previous != kNone) {
    SlabAt(slab.previous).next = slab.next;
  } else {
    head = slab.next;
  }
}

Result<u32> FreshPage() {
  if (g_fresh >= kArenaBytes / kPageSize) return Error::kNoMemory;
  if (g_fresh >= g_metadata_pages * (kPageSize / sizeof(Slab))) {
    const PhysAddr frame = TRY(AllocateFrame(FrameKind::kKernel));
    TRY(MapPageAt(g_metadata.begin + g_metadata_pages * kPageSize, frame, {.write = true}));
    arch::ZeroPage(g_metadata.data() + g_metadata_pages * kPageSize);
    g_metadata_pages++;
  }
  const PhysAddr frame = TRY(AllocateFrame(FrameKind::kKernel));
  const Result<void> mapped = MapPageAt(g_arena.begin + u64{g_fresh} * kPageSize, frame, {.write = true});
  if (!mapped.ok()) {
    ReleaseFrame(frame);
    return mapped.error();
  }
  return g_fresh++;
}

Result<u32> PageForClass(u32 size_class) {
  if (g_with_room[size_class] != kNone) return g_with_room[size_class];
  u32 page = g_unused;
  if (page != kNone) {
    Unlink(g_unused, page);
  } else {
    page = TRY(FreshPage());
  }
  Slab& slab = SlabAt(page);
  const u32 slots = SlotsOf(size_class);
  slab = {.free = {slots >= 64 ? ~u64{0} : (u64{1} << slots) - 1, slots > 64 ? ~u64{0} : 0},
          .next = kNone,
          .previous = kNone,
          .free_slots = static_cast<u16>(slots),
          .size_class = static_cast<u8>(size_class),
          .in_use = true,
          .reserved = 0};
  Push(g_with_room[size_class], page);
  return page;
}

[[noreturn]] void BadFree() { report::Panic("a heap block was freed that is not in use"); }

constexpr char kLargeBlock[] = "heap block";

void FreeLarge(u64 address) {
  const RegionName region = DescribeAddress(address);
  if (region.name != kLargeBlock || region.offset != 0 || region.guard) BadFree();
  UnmapRegionAt(address);
}

}  // namespace

void InitHeap() {
  const Result<KernelRegion> arena = ReserveRegion("heap arena", kArenaBytes);
  const Result<KernelRegion> metadata = ReserveRegion("heap metadata", kArenaBytes / kPageSize * sizeof(Slab));
  if (!arena.ok() || !metadata.ok()) __builtin_trap();
  g_arena = arena.value();
  g_metadata = metadata.value();
  for (u32& head : g_with_room) head = kNone;
  g_unused = kNone;
}

void* Allocate(size_t bytes) {
  if (bytes > size_t{1} << kLargestShift) {
    const Result<KernelRegion> region = MapRegion(kLargeBlock, bytes);
    return region.ok() ? region.value().data() : nullptr;
  }
  u32 size_class = 0;
  while (size_t{1} << (kSmallestShift + size_class) < bytes) size_class++;
  const Result<u32> page = PageForClass(size_class);
  if (!page.ok()) return nullptr;
  Slab& slab = SlabAt(page.value());
  const u32 word = slab.free[0] != 0 ? 0 : 1;
  const u32 slot = word * 64 + static_cast<u32>(__builtin_ctzll(slab.free[word]));
  slab.free[word] &= slab.free[word] - 1;
  if (--slab.free_slots == 0) Unlink(g_with_room[size_class], page.value());
  g_in_use_bytes += u64{1} << (kSmallestShift + size_class);
  auto* block = g_arena.data() + u64{page.value()} * kPageSize + (u64{slot} << (kSmallestShift + size_class));
  __builtin_memset(block, 0, u64{1} << (kSmallestShift + size_class));
  return block;
}

void Free(void* block) {
  if (block == nullptr) return;
  const u64 address = reinterpret_cast<u64>(block);
  if (address < g_arena.begin || address >= g_arena.end()) return FreeLarge(address);
  const u32 page = static_cast<u32>((address - g_arena.begin) / kPageSize);
  if (page >= g_fresh) BadFree();
  Slab& slab = SlabAt(page);
  const u64 shift = kSmallestShift + slab.size_class;
  const u32 slot = static_cast<u32>((address & (kPageSize - 1)) >> shift);
  if (!slab.in_use || !IsAligned(address, u64{1} << shift) || (slab.free[slot / 64] >> (slot % 64) & 1) != 0) BadFree();
  slab.free[slot / 64] |= u64{1} << (slot % 64);
  g_in_use_bytes -= u64{1} << shift;
  if (slab.free_slots++ == 0) Push(g_with_room[slab.size_class], page);
  if (slab.free_slots == SlotsOf(slab.size_class) && slab.next == kNone && slab.previous == kNone) return;  // keep the last one
  if (slab.free_slots == SlotsOf(slab.size_class)) {
    Unlink(g_with_room[slab.size_class], page);
    slab.in_use = false;
    Push(g_unused, page);
  }
}

}  // namespace caponier::mm

void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return caponier::mm::Allocate(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return caponier::mm::Allocate(bytes); }
void operator delete(void* block) noexcept { caponier::mm::Free(block); }
void operator delete(void* block, size_t) noexcept { caponier::mm::Free(block); }
void operator delete[](void* block) noexcept { caponier::mm::Free(block); }
void operator delete[](void* block, size_t) noexcept { caponier::mm::Free(block); }
