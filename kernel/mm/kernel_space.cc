#include "kernel/mm/kernel_space.h"

#include "kernel/arch/machine.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/init.h"
#include "kernel/mm/placement.h"
#include "kernel/mm/window.h"

namespace caponier::mm {
namespace {

struct Region {
  u64 first_page = 0, pages = 0;  // without its guards
  const char* name = nullptr;
  bool owns_frames = false;  // they go back to the allocator with the region
  u64 end_page() const { return first_page + pages; }
};
static_assert(kPageSize % sizeof(Region) == 0);

aslr::PageRange KernelWindow() { return aslr::PagesOf(arch::KernelBase(), arch::kKernelEnd); }

// All regions by address, in a region of their own that grows a page at a time.
PageTables g_tables;
Region* g_regions;
size_t g_count, g_capacity, g_limit;

// The first region that ends above `page`.
size_t IndexAbove(u64 page) {
  size_t low = 0, high = g_count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (g_regions[middle].end_page() > page) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

struct Occupied {
  aslr::PageRange NextOccupied(u64 page) const {
    const size_t at = IndexAbove(page);
    return at == g_count ? aslr::kNoRange : aslr::PageRange{g_regions[at].first_page, g_regions[at].end_page()};
  }
};

Result<void> Enter(Region region) {
  if (g_count == g_capacity) {
    if (g_capacity == g_limit) return Error::kNoMemory;
    TRY(MapFreshPageAt(reinterpret_cast<u64>(g_regions + g_capacity)));
    g_capacity += kPageSize / sizeof(Region);
  }
  const size_t at = IndexAbove(region.first_page);
  for (size_t i = g_count; i > at; i--) g_regions[i] = g_regions[i - 1];
  g_regions[at] = region;
  g_count++;
  return {};
}

void EnterBootRegion(const char* name, const boot::PlacedRegion& placed) {
  if (!Enter({placed.begin >> kPageBits, placed.pages, name, false}).ok()) __builtin_trap();
}

Result<KernelRegion> Place(const char* name, u64 pages, bool owns_frames) {
  const u64 first = TRY(PlaceKernelRegion(Occupied{}, KernelWindow(), pages));
  TRY(Enter({first, pages, name, owns_frames}));
  return KernelRegion{first << kPageBits, pages << kPageBits};
}

size_t Find(u64 begin) {
  const size_t at = IndexAbove(begin >> kPageBits);
  if (at == g_count || g_regions[at].first_page != begin >> kPageBits) __builtin_trap();
  return at;
}

void Leave(size_t at) {
  for (size_t i = at; i + 1 < g_count; i++) g_regions[i] = g_regions[i + 1];
  g_count--;
}

}  // namespace

PageTables& KernelTables() { return g_tables; }

void InitKernelSpace(const boot::Handoff& handoff) {
  g_tables = PageTables(handoff.kernel_root);
  g_regions = reinterpret_cast<Region*>(handoff.region_table.begin);
  g_capacity = kPageSize / sizeof(Region);  // stage 1 mapped the first page
  g_limit = handoff.region_table.pages * (kPageSize / sizeof(Region));
  EnterBootRegion("kernel image", handoff.image);
  EnterBootRegion(kBootStack, handoff.boot_stack);
  EnterBootRegion("frame table", {handoff.frame_table.begin, handoff.frame_table.pages + 1});
  EnterBootRegion("windows", handoff.window);
  if constexpr (arch::kShadowStackBytes != 0) EnterBootRegion("boot shadow stack", handoff.shadow_stack);
  if constexpr (arch::kWindowTableMapped) EnterBootRegion("window table", handoff.window_table);
  EnterBootRegion("region table", handoff.region_table);
}

Result<KernelRegion> ReserveRegion(const char* name, u64 bytes) { return Place(name, PagesFor(bytes), true); }

Result<KernelRegion> MapRegion(const char* name, u64 bytes, bool tagged) {
  KernelRegion region = TRY(ReserveRegion(name, bytes));
  const Gate gate;
  for (u64 page = region.begin; page < region.end(); page += kPageSize) {
    if (MapFreshPageAt(page, tagged).ok()) continue;
    UnmapRegion(region);
    return Error::kNoMemory;
  }
  return region;
}

Result<void> MapPageAt(u64 address, PhysAddr frame, PageFlags flags) { return g_tables.Map(address, frame, flags); }

Result<void> MapFreshPageAt(u64 address, bool tagged) {
  const PhysAddr frame = TRY(AllocateFrame(FrameKind::kKernel));
  if (const auto mapped = MapPageAt(address, frame, {.write = true, .tagged = tagged}); !mapped.ok()) {
    ReleaseFrame(frame);
    return mapped.error();
  }
  auto* page = reinterpret_cast<std::byte*>(address);
  tagged ? arch::ZeroTaggedPage(page, 0) : arch::ZeroPage(page);
  return {};
}

Result<KernelRegion> MapExisting(const char* name, PhysAddr physical, u64 bytes, PageFlags flags) {
  const u64 offset = physical.page_offset();
  const KernelRegion region = TRY(Place(name, PagesFor(offset + bytes), false));
  if (const auto mapped = g_tables.Map(region.begin, physical.page_base(), flags, region.bytes / kPageSize); !mapped.ok()) {
    UnmapRegionAt(region.begin);
    return mapped.error();
  }
  return KernelRegion{region.begin + offset, bytes};
}

Result<KernelRegion> MapDevice(const char* name, PhysAddr physical, u64 bytes) {
  return MapExisting(name, physical, bytes, {.write = true, .device = true});
}

void UnmapRegionAt(u64 begin) {
  const size_t at = Find(begin);
  const Region region = g_regions[at];
  g_tables.Visit(begin, region.end_page() << kPageBits, [&](u64, PageTables::Entry& entry) {
    if (region.owns_frames) ReleaseFrame(entry.frame);
    return PageTables::Verdict::kRemove;
  });
  Leave(at);
}

void UnmapRegion(KernelRegion& region) {
  UnmapRegionAt(AlignDown(region.begin, kPageSize));
  region = {};
}

void MakeReadOnly(const KernelRegion& region) {
  g_tables.Visit(region.begin, AlignUp(region.end(), kPageSize), [](u64, PageTables::Entry& entry) {
    entry.flags.write = false;
    return PageTables::Verdict::kUpdateFlags;
  });
}

PhysAddr FrameOf(const void* address) {
  const auto entry = g_tables.Lookup(reinterpret_cast<u64>(address));
  if (!entry) __builtin_trap();
  return entry->frame + (reinterpret_cast<u64>(address) & (kPageSize - 1));
}

KernelRegion RegionAbove(u64 address) {
  const size_t at = IndexAbove(address >> kPageBits);
  if (at == g_count) return {arch::kKernelEnd, 0};
  return {g_regions[at].first_page << kPageBits, g_regions[at].pages << kPageBits};
}

RegionName DescribeAddress(u64 address) {
  const u64 page = address >> kPageBits;
  const size_t at = IndexAbove(page);
  if (at < g_count) {
    const Region& region = g_regions[at];
    const i64 offset = static_cast<i64>(address - (region.first_page << kPageBits));
    if (page >= region.first_page) return {region.name, offset, false};
    if (page + kGuardPages >= region.first_page) return {region.name, offset, true};
  }
  if (at > 0 && page < g_regions[at - 1].end_page() + kGuardPages) {
    const Region& region = g_regions[at - 1];
    return {region.name, static_cast<i64>(address - (region.first_page << kPageBits)), true};
  }
  return {};
}

}  // namespace caponier::mm
