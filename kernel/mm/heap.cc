// The kernel's heap: power-of-two slots in pages of one arena, their state in regions of its own, larger blocks as regions with
// guards. An address that is not the start of a live block cannot be freed: the machine stops. It also stops when a block is freed whose canary
// does not stand behind it any more.
//
// Where the processor has tags, slots take theirs by lib/heap's policy: a block differs from both neighbours, free memory and what was not
// asked for have tag 0, and a slot takes no tag twice. A slot that has had them all is held, and a page of nothing but such slots rests: it
// is absent, and its addresses come back when no others are left.
//
// Where it has none, blocks are zeroed when they are freed, and all of a slot must be zero when it is used again.
#include "kernel/mm/heap.h"

#include <new>
#include <optional>
#include <utility>

#include "kernel/arch/machine.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/heap_records.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/mm/window.h"
#include "kernel/random/random.h"
#include "kernel/report/crash.h"
#include "lib/heap/canary.h"
#include "lib/heap/explain_tag.h"
#include "lib/heap/size_class.h"

namespace caponier::mm {
namespace {

using arch::HeapTags;
using heap::SlotWord;
using heap::Tag;
using heap::TagSet;

constexpr u64 kArenaBytes = 256 * kMiB;
constexpr u32 kArenaPages = kArenaBytes / kPageSize;
constexpr u64 kSmallestShift = 5, kLargestShift = 11;  // 32 to 2,048 bytes
constexpr u32 kClasses = kLargestShift - kSmallestShift + 1;
constexpr u32 kNone = ~0u;

enum class Use : u8 { kNone, kSlots, kResting };

// One per page of the arena.
struct Slab {
  u64 free[2];         // bit per slot
  u32 next, previous;  // among the class's slabs with room, the unused ones, or those that rest
  u16 free_slots;
  u8 size_class;
  Use use;
  u32 held;  // slots that have had all tags
};
static_assert(sizeof(Slab) == 32);

KernelRegion g_arena, g_metadata, g_words;
u32 g_with_room[kClasses];
u32 g_unused;  // pages that were used and are mapped, for any class
u32 g_fresh;   // first page never used
u64 g_metadata_pages;
bool g_tagged;
u32 g_first_resting, g_last_resting;
heap::Canary g_canary;

bool tagged() { return HeapTags::kPossible && g_tagged; }
Slab& SlabAt(u32 page) { return reinterpret_cast<Slab*>(g_metadata.begin)[page]; }
u64 AddressOf(u32 page) { return g_arena.begin + u64{page} * kPageSize; }
u32 PageOf(u64 address) { return static_cast<u32>((address - g_arena.begin) / kPageSize); }
u32 SlotsOf(u32 size_class) { return static_cast<u32>(kPageSize >> (kSmallestShift + size_class)); }
u64 SlotBytes(const Slab& slab) { return u64{1} << (kSmallestShift + slab.size_class); }

// Behind the first, so that what has become free is not the next to be used.
void Push(u32& head, u32 page) {
  Slab& slab = SlabAt(page);
  slab.previous = head;
  slab.next = head == kNone ? kNone : std::exchange(SlabAt(head).next, page);
  if (slab.next != kNone) SlabAt(slab.next).previous = page;
  if (head == kNone) head = page;
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

void Unmap(u64 page) {
  KernelTables().Visit(page, page + kPageSize, [](u64, PageTables::Entry& entry) {
    ReleaseFrame(entry.frame);
    return PageTables::Verdict::kRemove;
  });
}

// A word for each slot of the smallest class; a larger slot has that of its first bytes. Eight pages of the arena have a page of words.
constexpr u32 kWordsPerPage = kPageSize >> kSmallestShift;
constexpr u32 kPagesPerWords = kPageSize / (kWordsPerPage * sizeof(u32));
u32& WordAt(u64 address) { return reinterpret_cast<u32*>(g_words.begin)[(address - g_arena.begin) >> kSmallestShift]; }
u64 WordsPage(u32 page) { return AlignDown(reinterpret_cast<u64>(&WordAt(AddressOf(page))), kPageSize); }

// --- tags ---

// A page that has had more tags than leave this many would not serve long.
constexpr u32 kFewestTags = 8;

void SetHistory(u32 page, TagSet used) {
  u32* words = &WordAt(AddressOf(page));
  for (u32 i = 0; i < kWordsPerPage; i++) words[i] = used.bits();
}

void LayToRest(u32 page) {
  Unmap(AddressOf(page));
  SetHistory(page, {});
  SlabAt(page) = {
      .free = {}, .next = kNone, .previous = kNone, .free_slots = 0, .size_class = 0, .use = Use::kResting, .held = 0};
  (g_first_resting == kNone ? g_first_resting : SlabAt(g_last_resting).next) = page;
  g_last_resting = page;
  const u32 first = static_cast<u32>(AlignDown(page, kPagesPerWords));
  for (u32 other = first; other < first + kPagesPerWords; other++) {
    if (other >= g_fresh || SlabAt(other).use != Use::kResting) return;
  }
  Unmap(WordsPage(page));
}

// An unused page may get slots of another size, each of which counts as having had every tag that was had anywhere on the page. False
// when they are too many: the page rests.
bool Renew(u32 page) {
  u32 had = 0;
  for (u32 i = 0; i < kWordsPerPage; i++) had |= (&WordAt(AddressOf(page)))[i];
  const TagSet used = SlotWord(had).used();
  if (TagSet::Blocks().Without(used).size() <= kFewestTags) {
    LayToRest(page);
    return false;
  }
  SetHistory(page, used);
  return true;
}

u8 NextByte() {
  static u8 bytes[64];
  static u32 left;
  if (left == 0) {
    kernel::random::SecretStream().Fill(WritableBytesOf(bytes));
    left = sizeof(bytes);
  }
  return std::exchange(bytes[--left], u8{0});
}

// The slot that `address` is in; nothing where there are no slots.
std::optional<heap::SlotState> SlotAround(u64 address) {
  const u32 page = PageOf(address);
  if (address < g_arena.begin || page >= g_fresh || SlabAt(page).use != Use::kSlots) return std::nullopt;
  const u64 bytes = SlotBytes(SlabAt(page)), begin = AlignDown(address, bytes);
  const SlotWord word(WordAt(begin));
  return heap::SlotState{begin, bytes - word.slack(), word, HeapTags::InMemory(begin)};
}
Tag TagAround(u64 address) {
  const auto slot = SlotAround(address);
  return slot ? slot->tag : heap::kFreeTag;
}

// What a block may never have, besides the tag of free memory.
constexpr TagSet WithReserved(TagSet used) { return HeapTags::kPossible ? used.With(HeapTags::kPlain) : used; }

// A tag for the free slot; the free tag when it has had all that its neighbours leave it.
Tag ChooseTag(u64 address, u64 slot_bytes, TagSet used) {
  const u64 end = address + slot_bytes;
  const Tag left = IsAligned(address, kPageSize) ? TagAround(address - 1) : HeapTags::InMemory(address - slot_bytes);
  const Tag right = IsAligned(end, kPageSize) ? TagAround(end) : HeapTags::InMemory(end);
  const TagSet allowed = heap::AllowedTags(WithReserved(used), left, right);
  return allowed.empty() ? heap::kFreeTag : heap::PickTag(allowed, NextByte);
}

// --- blocks ---

// Bytes of the canary of a block: under tags what is left of its last granule, else what its slot has room for.
u64 CanaryBytes(u64 bytes, u64 room) {
  if (tagged()) return AlignUp(bytes, heap::kGranule) - bytes;
  return room < heap::kCanaryBytes ? room : heap::kCanaryBytes;
}

// Tags a block's granules, and no more of its memory, which is zero.
void* MakeTagged(u64 address, u64 bytes, Tag tag) {
  HeapTags::Set(address, AlignUp(bytes, heap::kGranule), tag);
  return HeapTags::Pointer(address, tag);
}

void CheckUnwritten(u64 address, u64 slot_bytes) {
  u64 found = 0;
  const auto* slot = reinterpret_cast<const u64*>(address);
  for (const u64* word = slot; word < slot + slot_bytes / sizeof(u64); word += 4) found |= word[0] | word[1] | word[2] | word[3];
  if (found != 0) report::Panic("a heap block was written to after it was freed, found when its memory was used again", address);
}

// Makes a block of a free slot; null when the slot has had all tags.
void* Issue(u64 address, u64 slot_bytes, u64 bytes) {
  TagSet used;
  void* block = reinterpret_cast<void*>(address);
  if (bytes == 0) bytes = 1;  // its tag stands in memory only
  if (tagged()) {
    used = SlotWord(WordAt(address)).used();
    const Tag tag = ChooseTag(address, slot_bytes, used);
    if (tag == heap::kFreeTag) return nullptr;
    used = used.With(tag);
    block = MakeTagged(address, bytes, tag);
  } else {
    CheckUnwritten(address, slot_bytes);
  }
  const u64 slack = slot_bytes - bytes;
  WordAt(address) = SlotWord::Live(used, slack).raw();
  heap::WriteCanary(static_cast<std::byte*>(block) + bytes, g_canary.For(address), CanaryBytes(bytes, slack));
  return block;
}

[[noreturn]] void BadFree(const void* block) {
  report::Panic("a heap block was freed that is not in use", reinterpret_cast<u64>(block));
}

void TakeBack(std::byte* block, u64 address, u64 slot_bytes) {
  const SlotWord word(WordAt(address));
  if (!word.live() || (tagged() && HeapTags::InMemory(address) != HeapTags::TagOf(block))) BadFree(block);
  const u64 bytes = slot_bytes - word.slack(), canary = CanaryBytes(bytes, word.slack());
  if (!heap::CanaryHolds(block + bytes, g_canary.For(address), canary))
    report::Panic("a heap block was overrun, found when it was freed", reinterpret_cast<u64>(block));
  if (tagged()) HeapTags::SetAndZero(address, bytes + canary, heap::kFreeTag);
  else __builtin_memset(block, 0, bytes + canary);
  WordAt(address) = word.Freed().raw();
}

// --- slots ---

// Words for a page that begins to have slots: zero, since none of it was a block, or all that is forgotten.
Result<void> MapWords(u32 page) {
  const u64 words = WordsPage(page);
  if (KernelTables().Lookup(words)) return {};
  return MapFreshPageAt(words);
}

// A page for slots, all of it free; its addresses new or, when there are no new ones, those that have rested longest.
Result<u32> FreshPage() {
  const bool is_new = g_fresh < kArenaPages;
  const u32 page = is_new ? g_fresh : tagged() ? g_first_resting : kNone;
  if (page == kNone) return Error::kNoMemory;
  if (is_new && g_fresh >= g_metadata_pages * (kPageSize / sizeof(Slab))) {
    TRY(MapFreshPageAt(g_metadata.begin + g_metadata_pages * kPageSize));
    g_metadata_pages++;
  }
  const Gate gate;
  TRY(MapWords(page));
  TRY(MapFreshPageAt(AddressOf(page), tagged()));
  if (is_new) g_fresh++;
  else g_first_resting = SlabAt(page).next;
  return page;
}

Result<u32> PageForClass(u32 size_class) {
  if (g_with_room[size_class] != kNone) return g_with_room[size_class];
  u32 page = kNone;
  while (page == kNone && g_unused != kNone) {
    page = g_unused;
    Unlink(g_unused, page);
    if (tagged() && !Renew(page)) page = kNone;
  }
  if (page == kNone) page = TRY(FreshPage());
  Slab& slab = SlabAt(page);
  const u32 slots = SlotsOf(size_class);
  slab = {.free = {slots >= 64 ? ~u64{0} : (u64{1} << slots) - 1, slots > 64 ? ~u64{0} : 0},
          .next = kNone,
          .previous = kNone,
          .free_slots = static_cast<u16>(slots),
          .size_class = static_cast<u8>(size_class),
          .use = Use::kSlots,
          .held = 0};
  Push(g_with_room[size_class], page);
  return page;
}

// The first free slot from a random one on.
u32 TakeSlot(Slab& slab) {
  const u32 from = NextByte() % SlotsOf(slab.size_class);
  u32 word = from / 64;
  u64 found = slab.free[word] & ~u64{0} << from % 64;
  if (found == 0) {
    if (slab.free[word ^ 1] != 0) word ^= 1;
    found = slab.free[word];
  }
  const u32 bit = static_cast<u32>(__builtin_ctzll(found));
  slab.free[word] ^= u64{1} << bit;
  return word * 64 + bit;
}

// --- larger blocks ---

constexpr char kLargeBlock[] = "heap block";

void* AllocateLarge(u64 bytes) {
  const Result<KernelRegion> region = MapRegion(kLargeBlock, bytes, tagged());
  if (!region.ok()) return nullptr;
  if (!tagged()) return region.value().data();
  const Tag tag = heap::PickTag(heap::AllowedTags(WithReserved({}), heap::kFreeTag, heap::kFreeTag), NextByte);
  return MakeTagged(region.value().begin, bytes, tag);
}

void FreeLarge(const void* block, u64 address) {
  const RegionName region = DescribeAddress(address);
  if (region.name != kLargeBlock || region.offset != 0 || region.guard) BadFree(block);
  if (tagged() && HeapTags::InMemory(address) != HeapTags::TagOf(block)) BadFree(block);
  UnmapRegionAt(address);
}

// The size is known by the tags, in granules.
bool ExplainLarge(u64 address, Tag tag, heap::Misuse* misuse) {
  const RegionName region = DescribeAddress(address);
  if (region.name != kLargeBlock || region.guard) return false;
  const u64 begin = address - static_cast<u64>(region.offset);
  *misuse = {.crime = heap::Crime::kWildAccess};
  if (tag == heap::kFreeTag || tag != HeapTags::InMemory(begin)) return true;
  u64 end = begin;
  while (end < address && HeapTags::InMemory(end) == tag) end += heap::kGranule;
  *misuse = {.crime = heap::Crime::kOverflow, .block_bytes = end - begin, .distance = address - end, .block = begin};
  return true;
}

// --- all of it ---

void* AllocateBlock(size_t bytes) {
  if (bytes > size_t{1} << kLargestShift) return AllocateLarge(bytes);
  u32 size_class = 0;
  while (size_t{1} << (kSmallestShift + size_class) < bytes) size_class++;
  for (;;) {
    const Result<u32> page = PageForClass(size_class);
    if (!page.ok()) return nullptr;
    Slab& slab = SlabAt(page.value());
    const u32 slot = TakeSlot(slab);
    if (--slab.free_slots == 0) Unlink(g_with_room[size_class], page.value());
    const u64 slot_bytes = SlotBytes(slab);
    if (void* block = Issue(AddressOf(page.value()) + slot * slot_bytes, slot_bytes, bytes)) return block;
    if (++slab.held == SlotsOf(size_class)) LayToRest(page.value());
  }
}

void FreeBlock(void* block) {
  const u64 address = HeapTags::Address(block);
  if (address < g_arena.begin || address >= g_arena.end()) return FreeLarge(block, address);
  const u32 page = PageOf(address);
  if (page >= g_fresh) BadFree(block);
  Slab& slab = SlabAt(page);
  const u64 slot_bytes = SlotBytes(slab);
  const u32 slot = static_cast<u32>((address & (kPageSize - 1)) / slot_bytes);
  if (slab.use != Use::kSlots || !IsAligned(address, slot_bytes)) BadFree(block);
  TakeBack(static_cast<std::byte*>(block), address, slot_bytes);
  slab.free[slot / 64] |= u64{1} << (slot % 64);
  if (slab.free_slots++ == 0) Push(g_with_room[slab.size_class], page);
  if (slab.free_slots + (tagged() ? slab.held : 0) != SlotsOf(slab.size_class)) return;
  if (slab.next == kNone && slab.previous == kNone) return;  // keep the last one
  Unlink(g_with_room[slab.size_class], page);
  slab.use = Use::kNone;
  Push(g_unused, page);
}

}  // namespace

void InitHeap() {
  const Result<KernelRegion> arena = ReserveRegion("heap arena", kArenaBytes);
  const Result<KernelRegion> metadata = ReserveRegion("heap metadata", kArenaPages * sizeof(Slab));
  const Result<KernelRegion> words = ReserveRegion("heap slots", kArenaPages * kWordsPerPage * sizeof(u32));
  if (!arena.ok() || !metadata.ok() || !words.ok()) __builtin_trap();
  g_arena = arena.value();
  g_metadata = metadata.value();
  g_words = words.value();
  g_canary.Draw(kernel::random::SecretStream().Next(), kernel::random::SecretStream().Next());
  g_tagged = arch::HasMemoryTags();
  g_first_resting = kNone;
  for (u32& head : g_with_room) head = kNone;
  g_unused = kNone;
}

void* Allocate(size_t bytes) {
  void* block = AllocateBlock(bytes);
  if (HeapIsRecorded() && block != nullptr) RecordAllocation(block, __builtin_frame_address(0));
  return block;
}

void Free(void* block) {
  if (block == nullptr) return;
  FreeBlock(block);
  if (HeapIsRecorded()) RecordFree(block, __builtin_frame_address(0));
}

bool ExplainTagFault(u64 address, heap::Misuse* misuse) {
  if (!tagged()) return false;
  const u64 plain = arch::WithoutTag(address);
  const Tag tag = HeapTags::TagOf(reinterpret_cast<const void*>(address));
  if (plain < g_arena.begin || plain >= g_arena.end()) return ExplainLarge(plain, tag, misuse);
  *misuse = {.crime = heap::Crime::kWildAccess};
  if (tag == HeapTags::kPlain) return true;
  *misuse = heap::ExplainTag(plain, tag, [plain](int places) {
    const auto own = SlotAround(plain);
    if (!own || places == 0) return own;
    return SlotAround(places < 0 ? own->begin - 1 : own->begin + SlotBytes(SlabAt(PageOf(plain))));
  });
  misuse->generation = 0;  // a page may have had slots of several sizes
  return true;
}

}  // namespace caponier::mm

void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return caponier::mm::Allocate(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return caponier::mm::Allocate(bytes); }
void operator delete(void* block) noexcept { caponier::mm::Free(block); }
void operator delete(void* block, size_t) noexcept { caponier::mm::Free(block); }
void operator delete[](void* block) noexcept { caponier::mm::Free(block); }
void operator delete[](void* block, size_t) noexcept { caponier::mm::Free(block); }
