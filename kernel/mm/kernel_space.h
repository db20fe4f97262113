// The kernel's half of the address space: regions, each alone at a random place with absent pages around it. One address says
// nothing of another.
#pragma once

#include "kernel/mm/page_tables.h"
#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::mm {

// A mapped kernel region. Plain data: whoever holds it frees it with UnmapRegion.
struct KernelRegion {
  u64 begin = 0;
  u64 bytes = 0;
  std::byte* data() const { return reinterpret_cast<std::byte*>(begin); }
  u64 end() const { return begin + bytes; }
};

// Names of regions whose variables have tags (kernel/report/panic.cc).
inline constexpr char kBootStack[] = "boot stack", kThreadStack[] = "thread stack";

// Fresh zeroed frames at a random place, writable, not executable, tagged (with zero tags) if wanted. The name appears in the layout report.
Result<KernelRegion> MapRegion(const char* name, u64 bytes, bool tagged = false);
// Address space only, to be filled page by page with MapPageAt (heap arenas).
Result<KernelRegion> ReserveRegion(const char* name, u64 bytes);
Result<void> MapPageAt(u64 address, PhysAddr frame, PageFlags flags);
// Likewise a fresh zeroed frame, as MapRegion maps them.
Result<void> MapFreshPageAt(u64 address, bool tagged = false);
// Device registers, or memory that is already there, at a random place. `physical` need not be page-aligned; begin is its byte.
Result<KernelRegion> MapDevice(const char* name, PhysAddr physical, u64 bytes);
Result<KernelRegion> MapExisting(const char* name, PhysAddr physical, u64 bytes, PageFlags flags);
void UnmapRegion(KernelRegion& region);
void UnmapRegionAt(u64 begin);  // the region that begins there
// Takes the right to write from every page of the region, for good.
void MakeReadOnly(const KernelRegion& region);
// The frame behind a mapped kernel address (device rings need it).
PhysAddr FrameOf(const void* address);

PageTables& KernelTables();
// The first region that ends above `address`; an empty one at the end of the half when there is none.
KernelRegion RegionAbove(u64 address);
// The region that holds or neighbours `address`, for crash reports: name and offset, never the address itself.
struct RegionName {
  const char* name = nullptr;
  i64 offset = 0;
  bool guard = false;  // in the absent page before or after it
};
RegionName DescribeAddress(u64 address);

}  // namespace caponier::mm
