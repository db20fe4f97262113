#include "kernel/mm/frames.h"

#include "kernel/arch/machine.h"
#include "kernel/mm/init.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/mm/window.h"

namespace caponier::mm {
namespace {

constexpr u64 kInfoPerPage = kPageSize / sizeof(FrameInfo);
static_assert(kPageSize % sizeof(FrameInfo) == 0);

// Bookkeeping lives in its own region, one FrameInfo per frame number, mapped a page at a time as frames come into use: a page of
// it covers kInfoPerPage frames, and `mapped` says which pages of it are there.
struct FrameTable {
  FrameInfo* info = nullptr;
  u64 entries = 0;
  u64* mapped = nullptr;  // bit per page of `info`
};

FrameTable g_table;
boot::FrameCursor g_cursor;
u32 g_free_head;  // frame number; frame 0 is firmware's, so 0 ends the list
u64 g_free_count;
u64 g_total;
u64 g_reserve;  // frames that only the kernel may take

bool TablePageMapped(u64 page) { return (g_table.mapped[page / 64] >> (page % 64) & 1) != 0; }

FrameInfo Fresh(FrameKind kind) {
  return {.references = 1, .next_free = 0, .entries = 0, .kind = kind, .executable_mappings = 0};
}

// Maps the page of the table that describes `number`. Stage 1 made the page tables of the whole region, so mapping needs no frame
// but the page itself, which comes from the cursor.
bool EnsureInfo(u64 number) {
  const u64 page = number / kInfoPerPage;
  if (TablePageMapped(page)) return true;
  const u64 frame = g_cursor.Next();
  if (frame == 0) return false;
  {
    Window window({frame}, Window::kWrite);
    arch::ZeroPage(window.data());
  }
  if (!KernelTables().Map(reinterpret_cast<u64>(g_table.info) + page * kPageSize, {frame}, {.write = true}).ok()) return false;
  g_table.mapped[page / 64] |= u64{1} << (page % 64);
  if (!EnsureInfo(frame >> kPageBits)) return false;
  g_table.info[frame >> kPageBits] = Fresh(FrameKind::kKernel);
  return true;
}

// Calls visit(info) for every frame that has bookkeeping.
template <typename Visit>
void ForEachInfo(Visit visit) {
  for (u64 number = 0; number < g_table.entries; number++) {
    if (TablePageMapped(number / kInfoPerPage)) visit(g_table.info[number]);
  }
}

// Enters a table of the kernel's tree, and those below it, in the bookkeeping.
void EnterTable(PhysAddr table, int level) {
  u16 entries = 0;
  Window window(table, Window::kRead);
  for (u64 i = level == arch::PageTableLevels() - 1 && arch::kSharedRoot ? 256 : 0; i < 512; i++) {
    const u64 entry = window.as<u64>()[i];
    if (!arch::IsPresent(entry)) continue;
    entries++;
    if (level > 0) EnterTable(arch::EntryAddress(entry), level - 1);
  }
  InfoOf(table).kind = FrameKind::kPageTable;
  InfoOf(table).entries = entries;
}

u64 TakeFrame() {
  if (g_free_head != 0) {
    const u64 number = g_free_head;
    g_free_head = g_table.info[number].next_free;
    g_free_count--;
    return number << kPageBits;
  }
  const u64 frame = g_cursor.Next();
  if (frame == 0 || !EnsureInfo(frame >> kPageBits)) return 0;
  return frame;
}

}  // namespace

void InitFrames(boot::Handoff& handoff) {
  const Gate gate;
  g_cursor = handoff.frames;
  g_total = g_cursor.frames_left() + handoff.early_frames;
  g_table.entries = handoff.frame_table.pages * kInfoPerPage;
  g_table.info = reinterpret_cast<FrameInfo*>(handoff.frame_table.begin);
  // Stage 1 mapped the bit map behind the table's last page.
  g_table.mapped = reinterpret_cast<u64*>(handoff.frame_table.begin + handoff.frame_table.pages * kPageSize);
  boot::FrameCursor early;
  early.Init(handoff.info);
  for (u64 i = 0; i < handoff.early_frames; i++) g_table.info[early.Next() >> kPageBits] = Fresh(FrameKind::kKernel);
  EnterTable(handoff.kernel_root, arch::PageTableLevels() - 1);
  g_reserve = g_total / 64 < 32 ? 32 : (g_total / 64 > 1024 ? 1024 : g_total / 64);
}

Result<PhysAddr> AllocateFrame(FrameKind kind) {
  const u64 frame = TakeFrame();
  if (frame == 0) return Error::kNoMemory;
  g_table.info[frame >> kPageBits] = Fresh(kind);
  return PhysAddr{frame};
}

bool InReserve() { return FreeFrames() <= g_reserve; }

Result<PhysAddr> AllocateProgramFrame(FrameKind kind) {
  if (InReserve()) return Error::kNoMemory;
  return AllocateFrame(kind);
}

Result<PhysAddr> AllocateZeroedProgramFrame(FrameKind kind, bool tagged, u8 tag) {
  const PhysAddr frame = TRY(AllocateProgramFrame(kind));
  Window window(frame, tagged ? Window::kWriteTagged : Window::kWrite);
  if (tagged) {
    arch::ZeroTaggedPage(window.data(), tag);
  } else {
    arch::ZeroPage(window.data());
  }
  return frame;
}

FrameInfo* FindInfo(PhysAddr frame) {
  const u64 number = frame.page_number();
  if (number >= g_table.entries || !TablePageMapped(number / kInfoPerPage)) return nullptr;
  return &g_table.info[number];
}

FrameInfo& InfoOf(PhysAddr frame) {
  FrameInfo* info = FindInfo(frame);
  if (info == nullptr) __builtin_trap();
  return *info;
}

u16 NextWalk() {
  static u16 last;
  if (++last != 0) return last;
  ForEachInfo([](FrameInfo& info) { info.walk = 0; });
  return last = 1;
}

u64 PageTableFrames() {
  u64 count = 0;
  ForEachInfo([&](const FrameInfo& info) { count += info.kind == FrameKind::kPageTable; });
  return count;
}

void RetainFrame(PhysAddr frame) {
  if (InfoOf(frame).references++ == 0) __builtin_trap();
}

void ReleaseFrame(PhysAddr frame) {
  FrameInfo& info = InfoOf(frame);
  if (info.references == 0) __builtin_trap();
  if (--info.references != 0) return;
  info = {.references = 0, .next_free = g_free_head, .entries = 0, .kind = FrameKind::kFree, .executable_mappings = 0};
  g_free_head = static_cast<u32>(frame.page_number());
  g_free_count++;
}

Result<void> AdoptFrames(PhysAddr first, u64 count, FrameKind kind) {
  for (u64 i = 0; i < count; i++) {
    const u64 number = first.page_number() + i;
    if (number >= g_table.entries) return Error::kOutOfRange;
    if (!EnsureInfo(number)) return Error::kNoMemory;
    FrameInfo& info = g_table.info[number];
    if (info.references != 0) continue;
    info = Fresh(kind);
    g_total++;
  }
  return {};
}

u64 TotalFrames() { return g_total; }
u64 FreeFrames() { return g_cursor.frames_left() + g_free_count; }

}  // namespace caponier::mm
