#include "kernel/boot/stage1.h"

#include "kernel/arch/machine.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/init.h"
#include "kernel/mm/placement.h"
#include "lib/aslr/kernel.h"
#include "lib/aslr/packed.h"
#include "lib/aslr/physical.h"

extern "C" {
extern std::byte __image_start[], __rodata_start[], __data_start[], __image_end[];
extern caponier::u64 __relr_start[], __relr_end[];
[[noreturn]] void KernelMain();
[[noreturn]] void Stage1Moved(caponier::u64 image, caponier::u64 left);
// The place in physical memory that was drawn for the image of this start, if its loader was asked to put it there (tool/order/physical_place.h).
[[gnu::section(".data.rel.ro")]] extern const volatile caponier::u64 g_drawn_place;
const volatile caponier::u64 g_drawn_place = 0;
}

namespace caponier::boot {

Handoff g_handoff;

namespace {

using random::Root;
using random::Stream;

constexpr std::string_view kTooLittleMemory = "not enough memory to start: give the machine more (--memory)";

[[noreturn]] void Stop(std::string_view why) {
  arch::EarlyConsoleWrite("caponier: ");
  arch::EarlyConsoleWrite(why);
  arch::EarlyConsoleWrite("\n");
  arch::PowerOff();
}

// Every address in the image, which lies at `image` and whose addresses are right for `from`, becomes right for `to`. They are listed as
// RELR [gabi-relr]: an even entry is the offset of one, an odd entry has a bit for each of the 63 words after the last one listed. All
// of them lead into the image itself; one that does not was overwritten, and moving it would make a wild pointer of it.
void Relocate(u64 image, u64 from, u64 to) {
  const u64 bytes = static_cast<u64>(__image_end - __image_start);
  const auto move = [=](u64 offset) {
    u64& word = *reinterpret_cast<u64*>(image + offset);
    if (word - from > bytes) Stop("an address in the kernel's image does not lead into it");
    word += to - from;
  };
  u64 next = 0;
  for (const u64* entry = __relr_start; entry < __relr_end; entry++) {
    if ((*entry & 1) == 0) {
      move(*entry);
      next = *entry + sizeof(u64);
      continue;
    }
    for (u64 bits = *entry >> 1, offset = next; bits != 0; bits >>= 1, offset += sizeof(u64)) {
      if ((bits & 1) != 0) move(offset);
    }
    next += 63 * sizeof(u64);
  }
}

u64 TakeFrame() {
  const u64 frame = g_handoff.frames.Next();
  if (frame == 0) Stop(kTooLittleMemory);
  EnsureIdentity({frame}, kPageSize);
  g_handoff.early_frames++;
  return frame;
}

// The entry of `address` in the leaf table, whose tables are made as needed.
u64* LeafSlot(u64 address) {
  u64 table = g_handoff.kernel_root.value;
  for (int level = arch::PageTableLevels() - 1; level > 0; level--) {
    u64* slot = reinterpret_cast<u64*>(table) + (address >> (kPageBits + 9 * level) & 511);
    if (*slot == 0) *slot = arch::MakeTable({TakeZeroedFrame()}, false);
    table = arch::EntryAddress(*slot).value;
  }
  return reinterpret_cast<u64*>(table) + (address >> kPageBits & 511);
}

void MapImage(u64 image) {
  const u64 text = static_cast<u64>(__rodata_start - __image_start), rodata = static_cast<u64>(__data_start - __image_start);
  const u64 bytes = static_cast<u64>(__image_end - __image_start);
  for (u64 offset = 0; offset < bytes; offset += kPageSize) {
    const mm::PageFlags flags = offset < text     ? mm::PageFlags{.execute = true, .guarded = true}
                                : offset < rodata ? mm::PageFlags{}
                                                  : mm::PageFlags{.write = true};
    Map(g_handoff.image.begin + offset, image + offset, flags);
  }
  g_handoff.image_text_pages = text / kPageSize;
  g_handoff.image_rodata_pages = (rodata - text) / kPageSize;
}

// The frame table: page tables for all of it, pages for the frames handed out so far (which more pages may add to), and behind it the
// bit map of pages that are there.
void MapFrameTable() {
  const PlacedRegion& table = g_handoff.frame_table;
  for (u64 page = 0; page < table.pages; page += 512) LeafSlot(table.begin + page * kPageSize);
  LeafSlot(table.begin + table.pages * kPageSize);
  const u64 bitmap = TakeZeroedFrame();
  Map(table.begin + table.pages * kPageSize, bitmap, {.write = true});
  FrameCursor handed_out;
  handed_out.Init(g_handoff.info);
  for (u64 seen = 0; seen < g_handoff.early_frames; seen++) {
    const u64 page = (handed_out.Next() >> kPageBits) / (kPageSize / sizeof(mm::FrameInfo));
    u64& word = reinterpret_cast<u64*>(bitmap)[page / 64];
    if ((word >> (page % 64) & 1) != 0) continue;
    word |= u64{1} << (page % 64);
    Map(table.begin + page * kPageSize, TakeZeroedFrame(), {.write = true});
  }
}

void PlanLayout(random::Seeded seeded, u64 image_bytes) {
  const u64 table_pages = PagesFor((g_handoff.frames.highest_end() >> kPageBits) * sizeof(mm::FrameInfo));
  if (table_pages > kPageSize * 8) Stop("more memory than this kernel can keep books of");
  const aslr::KernelDescription kernel{.window = aslr::PagesOf(arch::KernelBase(), arch::kKernelEnd),
                                       .image_pages = PagesFor(image_bytes),
                                       .frame_table_pages = table_pages + 1,
                                       .own = arch::kWindowTableMapped ? aslr::Region::kPageTables : aslr::Region::kShadowStack};
  const auto plan = [&] {
    if (mm::kFixedLayout) return aslr::PackKernel(kernel);
    Stream stream = Stream::Open(g_handoff.random, seeded, "boot layout");
    return aslr::PlanKernel(stream, kernel);
  };
  const Result<aslr::KernelLayout> planned = plan();
  if (!planned.ok()) Stop("the kernel's layout does not fit its address space");
  const aslr::KernelLayout& layout = planned.value();
  const auto place = [](PlacedRegion& region, const aslr::PlacedRegion& placed) {
    region = {placed.begin().value, placed.pages};
  };
  place(g_handoff.image, layout.image);
  place(g_handoff.boot_stack, layout.boot_stack);
  place(g_handoff.frame_table, layout.frame_table);
  g_handoff.frame_table.pages--;  // the last is the bit map
  place(g_handoff.window, layout.windows);
  place(g_handoff.region_table, layout.region_table);
  place(arch::kWindowTableMapped ? g_handoff.window_table : g_handoff.shadow_stack, layout.own);
}

void PlanImage(Stream& stream) {
  BootInfo& info = g_handoff.info;
  if (g_drawn_place == info.image.base.value) return;
  aslr::PageRange free[FrameCursor::kRanges];
  size_t count = 0;
  for (const MemoryRange& range : g_handoff.frames.early()) free[count++] = aslr::PagesOf(range.base.value, range.end());
  const Result<u64> page = aslr::PlaceInMemory(stream, std::span(free, count), PagesFor(info.image.bytes));
  if (!page.ok()) Stop(kTooLittleMemory);
  info.MoveImage(page.value() << kPageBits);
  g_handoff.frames.Init(info);
}

// Where the image goes in physical memory, and the frame from which on others are handed out.
void PlanMemory(random::Seeded seeded) {
  if (mm::kFixedLayout) return;
  BootInfo& info = g_handoff.info;
  Stream stream = Stream::Open(g_handoff.random, seeded, "memory layout");
  PlanImage(stream);
  u64 frames = 0;
  for (const MemoryRange& range : g_handoff.frames.early()) frames += range.bytes / kPageSize;
  info.first_frame = stream.Uniform(frames);
  g_handoff.frames.Init(info);
}

[[noreturn]] void Move(u64 from, u64 to, u64 bytes) {
  if (to == from) Stage1Moved(to, from);
  AllowToExecute({to}, bytes);
  __builtin_memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
  Relocate(to, from, to);
  ContinueIn(to, from);
}

void BuildTables(u64 image) {
  g_handoff.kernel_root = {TakeZeroedFrame()};
  MapImage(image);
  for (u64 page = 0; page < g_handoff.boot_stack.pages; page++)
    Map(g_handoff.boot_stack.begin + page * kPageSize, TakeZeroedFrame(), {.write = true, .tagged = true});
  if constexpr (arch::kShadowStackBytes != 0) Map(g_handoff.shadow_stack.begin, TakeZeroedFrame(), {.write = true});
  Map(g_handoff.region_table.begin, TakeZeroedFrame(), {.write = true});
  const u64 first_entry = reinterpret_cast<u64>(LeafSlot(g_handoff.window.begin));
  mm::g_window_base = g_handoff.window.begin;
  mm::g_window_entries = reinterpret_cast<u64*>(MakeGate({AlignDown(first_entry, kPageSize)}) + first_entry % kPageSize);
  MapFrameTable();  // last: it accounts for what the others took
}

// Which slots hold what. A machine may have dozens of empty ones, and each mapping later would cost page tables of its own.
void IdentifyDevices() {
  BootInfo& info = g_handoff.info;
  for (u32 i = 0; i < info.virtio_count; i++) {
    constexpr u64 kDeviceId = 8;  // register offset [virtio-v1.2] 4.2.2
    EnsureIdentity(info.virtio[i].registers, kPageSize);
    info.virtio[i].type = *reinterpret_cast<const volatile u32*>(info.virtio[i].registers.value + kDeviceId);
  }
}

void Seed(u64 argument) {
  GatherEntropy(argument, g_handoff.random);
  if (!g_handoff.random.Proof().ok()) GatherFromVirtio(g_handoff.info, g_handoff.random);
  g_handoff.info.seeded_counter = arch::CycleCounter();
}

}  // namespace

u64 TakeZeroedFrame() {
  const u64 frame = TakeFrame();
  arch::ZeroPage(reinterpret_cast<std::byte*>(frame));
  return frame;
}

void Map(u64 address, u64 frame, mm::PageFlags flags) { *LeafSlot(address) = arch::MakeLeaf({frame}, flags); }

// Runs before the canary is random, so it must not have one; everything it calls does, with the linked value, until Seed.
extern "C" [[noreturn, gnu::no_stack_protector]] void Stage1(u64 argument, u64 image) {
  Relocate(image, 0, image);
  arch::PrepareCpu();
  g_handoff.info.entry_counter = arch::CycleCounter();
  ReadBootInfo(argument, g_handoff.info);
  if (mm::kFixedLayout) arch::EarlyConsoleWrite("caponier: a test build: the kernel's layout is fixed\n");
  IdentifyDevices();
  g_handoff.frames.Init(g_handoff.info);
  Seed(argument);
  g_handoff.frames.Init(g_handoff.info);  // what was taken for seeding is reserved by now
  g_handoff.early_frames = 0;
  const Result<random::Seeded> seeded = g_handoff.random.Proof();
  if (!seeded.ok()) Stop("no source of randomness that can be credited: the machine will not start without one");
  {
    Stream canary = Stream::Open(g_handoff.random, seeded.value(), "canary");
    arch::__stack_chk_guard = aslr::MakeCanary(canary);
  }
  const u64 bytes = g_handoff.info.image.bytes;
  PlanLayout(seeded.value(), bytes);
  PlanMemory(seeded.value());
  Move(image, g_handoff.info.image.base.value, bytes);
}

extern "C" [[noreturn, gnu::no_stack_protector]] void Stage1Moved(u64 image, u64 left) {
  // Secrets have been drawn there, and whatever was to lead back would end at once.
  if (left != image) __builtin_memset(reinterpret_cast<void*>(left), 0, g_handoff.info.image.bytes);
  BuildTables(image);
  PatchImage(image);
  const u64 slide = g_handoff.image.begin;
  const u64 entry = slide + (reinterpret_cast<u64>(&KernelMain) - image);
  Relocate(image, image, slide);
  __builtin_memset(__relr_start, 0, static_cast<size_t>(__relr_end - __relr_start) * sizeof(u64));
  // From here on no global that holds an address may be used until the jump.
  EnterHigh(g_handoff.kernel_root, entry, g_handoff.boot_stack.begin + g_handoff.boot_stack.pages * kPageSize);
}

}  // namespace caponier::boot
