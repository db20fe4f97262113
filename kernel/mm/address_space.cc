#include "kernel/mm/address_space.h"

#include <algorithm>

#include "kernel/mm/frames.h"
#include "kernel/mm/placement.h"
#include "kernel/mm/window.h"
#include "lib/aslr/packed.h"

namespace caponier::mm {
namespace {

constexpr u64 kLowestAddress = 64 * kKiB;  // below: never mapped, so that a null pointer with an offset faults
// A program that names a place needs it when it is low, for addresses of 32 bits, or near code, for branches from there (docs/decisions/0019).
constexpr u64 kLowHintsEnd = u64{4} << 30;
constexpr u64 kReachOfCode = u64{2} << 30;
constexpr size_t kMostMappings = 65530;  // as Linux's vm.max_map_count

// What moving pages may take at once: a table of the new place is made before the one it replaces goes, at each level at most three ahead
// (the first and last of the old place, the one in progress), and each may take a page of the frame table with it.
constexpr u64 kFramesToMove = 32;
static_assert(kFramesToMove >= 2 * 3 * (arch::kMostPageTableLevels - 1));

bool Accessible(const Protection& protection) { return protection.read || protection.write || protection.execute; }

PageFlags FlagsFor(const Protection& protection, bool write) {
  const bool accessible = Accessible(protection);
  return {.read = accessible,
          .write = accessible && write,
          .execute = protection.execute,
          .user = true,
          .device = false,
          .tagged = protection.tagged,
          .guarded = protection.guarded};
}

// Whether `next` continues `mapping` so exactly that one entry can stand for both.
bool Continues(const Mapping& mapping, const Mapping& next) {
  return mapping.end == next.begin && mapping.protection == next.protection && mapping.shared == next.shared &&
         mapping.grows_down == next.grows_down && mapping.was_writable == next.was_writable &&
         mapping.never_writable == next.never_writable && mapping.sealed == next.sealed && mapping.first_tag == next.first_tag &&
         mapping.purpose == next.purpose && mapping.source == next.source &&
         (!mapping.source || mapping.source_page + mapping.bytes() / kPageSize == next.source_page);
}

AddressSpace* g_active;

void Count(u8& counter, bool more) {
  if (more && counter < 255) counter++;  // once saturated it stays: the frame is then treated as mapped for good
  if (!more && counter > 0 && counter < 255) counter--;
}

constexpr PageFlags kNoRights{.read = false};

// A frame that belongs to this page alone, so that it may be written in place.
bool IsExclusive(PhysAddr frame) {
  const FrameInfo& info = InfoOf(frame);
  return info.kind == FrameKind::kProgram && info.references == 1;
}

Result<PhysAddr> CopyOf(PhysAddr frame, bool tagged) {
  const PhysAddr copy = TRY(AllocateProgramFrame(FrameKind::kProgram));
  const Gate gate;
  Window from(frame, tagged ? Window::kReadTagged : Window::kRead), to(copy, tagged ? Window::kWriteTagged : Window::kWrite);
  if (tagged) {
    arch::CopyTaggedPage(to.data(), from.data());
  } else {
    arch::CopyPage(to.data(), from.data());
  }
  return copy;
}

void MakeFetchable(PhysAddr frame) {
  Window window(frame, Window::kRead);
  arch::SyncInstructions(window.data());
}

bool Permits(const Protection& protection, arch::Access access) {
  switch (access) {
    case arch::Access::kRead: return Accessible(protection);
    case arch::Access::kWrite: return protection.write;
    case arch::Access::kExecute: return protection.execute;
  }
  return false;
}

}  // namespace

Result<Ref<AddressSpace>> AddressSpace::Create(Policy policy) {
  PageTables tables = TRY(PageTables::CreateForProgram());
  auto* space = new (std::nothrow) AddressSpace(tables, policy);
  if (space == nullptr) {
    tables.Destroy();
    return Error::kNoMemory;
  }
  return Ref<AddressSpace>::Adopt(space);
}

AddressSpace::~AddressSpace() {
  if (g_active == this) g_active = nullptr;
  for (const Mapping& mapping : mappings_) DropPages(mapping.begin, mapping.end);
  tables_.Destroy();
}

// Each frame knows how many program pages can write it and how many can execute it, so that no alias has both.
void AddressSpace::NoteRights(PhysAddr frame, PageFlags before, PageFlags after) const {
  if (policy_.wx == WxPolicy::kOff) return;
  FrameInfo& info = InfoOf(frame);
  if (before.execute != after.execute) Count(info.executable_mappings, after.execute);
  if (before.write != after.write) Count(info.writable_mappings, after.write);
}

void AddressSpace::Activate() {
  g_active = this;
  arch::SetUserPageTable(tables_.root());
}

AddressSpace* AddressSpace::Active() { return g_active; }

size_t AddressSpace::IndexAtOrAbove(u64 address) const {
  size_t low = 0, high = mappings_.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (mappings_[middle].end > address) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

bool AddressSpace::Overlaps(u64 begin, u64 end) const {
  const size_t at = IndexAtOrAbove(begin);
  return at < mappings_.size() && mappings_[at].begin < end;
}

const Mapping* AddressSpace::Find(u64 address) const {
  const size_t at = IndexAtOrAbove(address);
  return at < mappings_.size() && mappings_[at].begin <= address ? &mappings_[at] : nullptr;
}

bool AddressSpace::Covers(u64 begin, u64 end) const {
  while (begin < end) {
    const Mapping* mapping = Find(begin);
    if (mapping == nullptr) return false;
    begin = mapping->end;
  }
  return true;
}

const Mapping* AddressSpace::FindAbove(u64 address) const {
  const size_t at = IndexAtOrAbove(address);
  return at < mappings_.size() ? &mappings_[at] : nullptr;
}

u64 AddressSpace::mapped_pages() const {
  u64 pages = 0;
  for (const Mapping& mapping : mappings_) pages += mapping.bytes() / kPageSize;
  return pages;
}

namespace {

// What a new mapping must keep clear of: the others, the guard below the stack, and the stretch the break may grow into.
struct OccupiedMappings {
  const AddressSpace& space;
  aslr::PageRange break_stretch;
  aslr::PageRange NextOccupied(u64 page) const {
    const Mapping* mapping = space.FindAbove(page << kPageBits);
    aslr::PageRange found = aslr::kNoRange;
    if (mapping != nullptr) {
      found = {mapping->begin >> kPageBits, mapping->end >> kPageBits};
      if (mapping->purpose == Purpose::kStack)
        found.begin -= found.begin < aslr::kStackGuardPages ? found.begin : aslr::kStackGuardPages;
    }
    return break_stretch.end > page && break_stretch.begin <= found.begin ? break_stretch : found;
  }
};

}  // namespace

bool AddressSpace::TakesHint(u64 address, u64 bytes, u64 limit) const {
  if (address < kLowestAddress || address >= limit || bytes > limit - address) return false;
  if (address + bytes > kLowHintsEnd && !CodeWithin(address > kReachOfCode ? address - kReachOfCode : 0, address + kReachOfCode))
    return false;
  const OccupiedMappings occupied{*this, BreakStretch()};
  return occupied.NextOccupied(address >> kPageBits).begin >= (address + bytes) >> kPageBits;
}

bool AddressSpace::CodeWithin(u64 begin, u64 end) const {
  for (size_t i = IndexAtOrAbove(begin); i < mappings_.size() && mappings_[i].begin < end; i++) {
    if (mappings_[i].protection.execute) return true;
  }
  return false;
}

aslr::PageRange AddressSpace::BreakStretch() const {
  const u64 first = break_start_ >> kPageBits;
  return {first, first == 0 ? 0 : first + aslr::kBreakPages};
}

Result<u64> AddressSpace::FindPlace(u64 bytes, u64 alignment, u64 limit) {
  aslr::PageRange window{kLowestAddress >> kPageBits, limit >> kPageBits};
  if (policy_.layout == LayoutPolicy::kPacked) {
    const u64 end = aslr::PackedMappingsEnd({window.begin, arch::kUserEnd >> kPageBits});
    if (window.end > end) window.end = end;
    const OccupiedMappings occupied{*this, BreakStretch()};
    return TRY(aslr::PlaceHighest(aslr::Unguarded(bytes >> kPageBits, alignment >> kPageBits), window, occupied)) << kPageBits;
  }
  const u64 page =
      TRY(PlaceUniformly(OccupiedMappings{*this, BreakStretch()}, window, bytes >> kPageBits, alignment >> kPageBits));
  return page << kPageBits;
}

Result<void> AddressSpace::CheckProtection(const Protection& wanted, const Mapping* before) {
  if (policy_.wx == WxPolicy::kOff) return {};
  bool refused = wanted.write && wanted.execute;
  if (policy_.wx == WxPolicy::kStrict && before != nullptr) {
    // Memory that the program could write never becomes code, and code never becomes writable.
    refused |= wanted.execute && !before->protection.execute && before->was_writable;
    refused |= wanted.write && before->protection.execute;
  }
  if (!refused) return {};
  refused_code_ = true;
  return Error::kNotPermitted;
}

Result<void> AddressSpace::CheckLimits(u64 begin, u64 end, u64 bytes, const Protection& protection, bool shared) const {
  for (const bool data : {false, true}) {
    const u64 limit = data ? limits_.data : limits_.accessible;
    const auto counts = [data](const Protection& has, bool is_shared) {
      return data ? has.write && !is_shared : Accessible(has);
    };
    if (limit == ~u64{0} || !counts(protection, shared)) continue;
    u64 total = bytes, replaced = 0;
    for (const Mapping& mapping : mappings_) {
      if (!counts(mapping.protection, mapping.shared) || (data && mapping.purpose == Purpose::kStack)) continue;
      total += mapping.bytes();
      const u64 from = std::max(mapping.begin, begin), to = std::min(mapping.end, end);
      if (from < to) replaced += to - from;
    }
    if (bytes > replaced && total - replaced > limit) return Error::kNoMemory;
  }
  return {};
}

Result<u64> AddressSpace::Map(const MapRequest& request) {
  u64 bytes = 0;
  if (request.bytes == 0 || !CheckedAdd(request.bytes, kPageSize - 1, &bytes)) return Error::kInvalidArgument;
  bytes = AlignDown(bytes, kPageSize);
  if (bytes > arch::kUserEnd) return Error::kNoMemory;
  TRY(CheckProtection(request.protection, nullptr));
  if (mappings_.size() >= kMostMappings) return Error::kNoMemory;
  // Private writable memory beyond all there is could never be used; larger inaccessible reservations are only addresses.
  if (request.protection.write && !request.shared && !request.beyond_memory && PagesFor(bytes) > TotalFrames())
    return Error::kNoMemory;

  u64 address = request.address;
  if (request.fixed || request.fixed_no_replace) {
    if (!IsAligned(address, kPageSize)) return Error::kInvalidArgument;
    if (address < kLowestAddress) return Error::kNotPermitted;
    if (address > arch::kUserEnd || bytes > arch::kUserEnd - address) return Error::kNoMemory;
    if (request.fixed_no_replace && Overlaps(address, address + bytes)) return Error::kExists;
  } else {
    const u64 limit = request.below_4g ? 0x8000'0000 : arch::kUserEnd;
    address = AlignDown(address, kPageSize);
    if (!TakesHint(address, bytes, limit)) address = TRY(FindPlace(bytes, request.alignment, limit));
  }
  TRY(CheckLimits(address, address + bytes, bytes, request.protection, request.shared));
  if (request.fixed) TRY(RemoveRange(address, address + bytes));
  Mapping mapping;
  mapping.begin = address;
  mapping.end = address + bytes;
  mapping.protection = request.protection;
  mapping.shared = request.shared;
  mapping.never_writable = request.never_writable;
  mapping.grows_down = request.grows_down;
  mapping.was_writable = request.protection.write;
  mapping.purpose = request.purpose;
  mapping.source = request.source;
  mapping.source_page = request.source_page;
  const size_t at = IndexAtOrAbove(address);
  TRY(mappings_.Insert(at, std::move(mapping)));
  MergeAround(at);
  if (request.populate && Accessible(request.protection)) {
    for (u64 page = address; page < address + bytes; page += kPageSize) {
      if (HandleFault(page, request.protection.write ? arch::Access::kWrite : arch::Access::kRead) != FaultOutcome::kDone) break;
    }
  }
  return address;
}

Result<void> AddressSpace::SplitAt(u64 address) {
  const size_t at = IndexAtOrAbove(address);
  if (at == mappings_.size() || mappings_[at].begin >= address) return {};
  if (mappings_.size() >= kMostMappings) return Error::kNoMemory;
  Mapping upper = mappings_[at];
  upper.begin = address;
  if (upper.source) upper.source_page += (address - mappings_[at].begin) / kPageSize;
  TRY(mappings_.Insert(at + 1, std::move(upper)));
  mappings_[at].end = address;
  return {};
}

void AddressSpace::MergeAround(size_t index) {
  if (index + 1 < mappings_.size() && Continues(mappings_[index], mappings_[index + 1])) {
    mappings_[index].end = mappings_[index + 1].end;
    mappings_.Erase(index + 1);
  }
  if (index > 0 && index < mappings_.size() && Continues(mappings_[index - 1], mappings_[index])) {
    mappings_[index - 1].end = mappings_[index].end;
    mappings_.Erase(index);
  }
}

void AddressSpace::MergeIn(u64 begin, u64 end) {
  for (size_t i = IndexAtOrAbove(begin); i < mappings_.size() && mappings_[i].begin <= end;) {
    const size_t before = mappings_.size();
    MergeAround(i);
    if (mappings_.size() == before) i++;
  }
}

void AddressSpace::DropPages(u64 begin, u64 end) {
  tables_.Visit(begin, end, [this](u64, PageTables::Entry& entry) {
    NoteRights(entry.frame, entry.flags, kNoRights);
    ReleaseFrame(entry.frame);
    resident_pages_--;
    return PageTables::Verdict::kRemove;
  });
}

Result<void> AddressSpace::RemoveRange(u64 begin, u64 end) {
  for (size_t i = IndexAtOrAbove(begin); i < mappings_.size() && mappings_[i].begin < end; i++) {
    if (mappings_[i].sealed) return Error::kNotPermitted;
  }
  TRY(SplitAt(begin));
  TRY(SplitAt(end));
  const size_t first = IndexAtOrAbove(begin);
  size_t last = first;
  while (last < mappings_.size() && mappings_[last].begin < end) {
    DropPages(mappings_[last].begin, mappings_[last].end);
    last++;
  }
  mappings_.Erase(first, last - first);
  return {};
}

Result<void> AddressSpace::Unmap(u64 address, u64 bytes) {
  u64 end = 0;
  if (!IsAligned(address, kPageSize) || bytes == 0 || bytes > arch::kUserEnd || address > arch::kUserEnd - bytes)
    return Error::kInvalidArgument;
  end = AlignUp(address + bytes, kPageSize);
  return RemoveRange(address, end);
}

Result<void> AddressSpace::Protect(u64 address, u64 bytes, Protection protection) {
  if (!IsAligned(address, kPageSize)) return Error::kInvalidArgument;
  if (bytes == 0) return {};
  if (bytes > arch::kUserEnd || address > arch::kUserEnd - bytes) return Error::kNoMemory;
  const u64 end = AlignUp(address + bytes, kPageSize);
  // All or nothing as far as can be told beforehand: no hole, no seal, no W^X break.
  u64 covered = address;
  for (size_t i = IndexAtOrAbove(address); i < mappings_.size() && mappings_[i].begin < end; i++) {
    if (mappings_[i].begin > covered) return Error::kNoMemory;
    if (mappings_[i].sealed) return Error::kNotPermitted;
    if (protection.write && mappings_[i].never_writable) return Error::kAccessDenied;
    TRY(CheckProtection(protection, &mappings_[i]));
    covered = mappings_[i].end;
  }
  if (covered < end) return Error::kNoMemory;
  TRY(CheckLimits(address, end, end - address, protection, Find(address)->shared));
  TRY(SplitAt(address));
  TRY(SplitAt(end));
  for (size_t i = IndexAtOrAbove(address); i < mappings_.size() && mappings_[i].begin < end; i++) {
    Mapping& mapping = mappings_[i];
    // Tags, once there, stay: Linux keeps PROT_MTE over mprotect without it.
    const bool tagged = mapping.protection.tagged || protection.tagged;
    const bool tags_appear = tagged && !mapping.protection.tagged;
    mapping.protection = protection;
    mapping.protection.tagged = tagged;
    mapping.was_writable = mapping.was_writable || protection.write;
    // What the new rights forbid goes at once; what they add comes with the next fault, which knows whose frame it is.
    const u64 begin_here = mapping.begin > address ? mapping.begin : address;
    tables_.Visit(begin_here, mapping.end, [&](u64, PageTables::Entry& entry) {
      PageFlags flags = FlagsFor(mapping.protection, entry.flags.write && mapping.protection.write);
      flags.execute = flags.execute && entry.flags.execute;
      NoteRights(entry.frame, entry.flags, flags);
      if (tags_appear) {
        Window window(entry.frame, Window::kWriteTagged);
        arch::ClearTags(window.data());
      }
      entry.flags = flags;
      return PageTables::Verdict::kUpdateFlags;
    });
  }
  MergeIn(address, end);
  return {};
}

AddressSpace::FaultOutcome AddressSpace::HandleFault(u64 address, arch::Access access) {
  const Gate gate;  // for the page, what it is a copy of, and its entry
  const u64 page = AlignDown(address, kPageSize);
  const Mapping* mapping = Find(page);
  if (mapping == nullptr) return FaultOutcome::kNotMapped;
  if (!Permits(mapping->protection, access)) return FaultOutcome::kForbidden;
  const auto existing = tables_.Lookup(page);
  const Result<Page> wanted = PageFor(*mapping, page, access, existing ? existing->frame : PhysAddr{});
  if (!wanted.ok()) {
    switch (wanted.error()) {
      case Error::kNotPermitted: return FaultOutcome::kForbidden;
      case Error::kNoMemory: return FaultOutcome::kOutOfMemory;
      default: return FaultOutcome::kPastEnd;
    }
  }
  const Page& next = wanted.value();
  if (!existing) {
    if (!Enter(page, next)) return FaultOutcome::kOutOfMemory;
    if (mapping->source && !mapping->shared && access != arch::Access::kWrite) EnterAround(*mapping, page, access);
    return FaultOutcome::kDone;
  }
  const bool same = existing->frame == next.frame;
  NoteRights(next.frame, same ? existing->flags : kNoRights, next.flags);
  if (next.flags.execute && !existing->flags.execute) MakeFetchable(next.frame);
  if (!same) NoteRights(existing->frame, existing->flags, kNoRights);
  tables_.Replace(page, next.frame, next.flags);
  if (!same) ReleaseFrame(existing->frame);
  return FaultOutcome::kDone;
}

// Puts in a page where none is. Without memory for its table its reference is given back.
bool AddressSpace::Enter(u64 page, const Page& next) {
  NoteRights(next.frame, kNoRights, next.flags);
  if (next.flags.execute) MakeFetchable(next.frame);
  if (!tables_.Map(page, next.frame, next.flags).ok()) {
    NoteRights(next.frame, next.flags, kNoRights);
    ReleaseFrame(next.frame);
    return false;
  }
  resident_pages_++;
  return true;
}

// What lies around a page of a file that was read or run is likely to be wanted next, and is in memory anyway: it comes in with it, as far as
// it is in the same 64 KiB. A fault costs several times as much as a page more.
void AddressSpace::EnterAround(const Mapping& mapping, u64 page, arch::Access access) {
  constexpr u64 kAround = 64 * kKiB;
  const u64 block = AlignDown(page, kAround);
  for (u64 at = std::max(block, mapping.begin); at < std::min(block + kAround, mapping.end); at += kPageSize) {
    if (!mapping.source->IsPresent(mapping.source_page + (at - mapping.begin) / kPageSize) || tables_.Lookup(at)) continue;
    const Result<Page> wanted = PageFor(mapping, at, access, {});
    if (!wanted.ok() || !Enter(at, wanted.value())) return;
  }
}

// The frame and rights that satisfy `access`; `present` is the frame there now, or zero. A frame other than `present` comes with a
// reference for the page.
Result<AddressSpace::Page> AddressSpace::PageFor(const Mapping& mapping, u64 page, arch::Access access, PhysAddr present) {
  const bool tagged = mapping.protection.tagged;
  const bool write = access == arch::Access::kWrite;
  if (present.value != 0 && IsExclusive(present)) return Page{present, FlagsFor(mapping.protection, mapping.protection.write)};
  if (!mapping.source) {
    if (present.value == 0) {
      return Page{TRY(AllocateZeroedProgramFrame(FrameKind::kProgram, tagged, mapping.first_tag)),
                  FlagsFor(mapping.protection, mapping.protection.write)};
    }
    if (!write) return Page{present, FlagsFor(mapping.protection, false)};
    return Page{TRY(CopyOf(present, tagged)), FlagsFor(mapping.protection, true)};
  }
  const auto runs_what_is_written = [&mapping](PhysAddr frame) {
    return mapping.protection.execute && InfoOf(frame).writable_mappings != 0;
  };
  if (present.value != 0 && !write && !runs_what_is_written(present)) return Page{present, FlagsFor(mapping.protection, false)};
  const PhysAddr frame =
      TRY(mapping.source->Page(mapping.source_page + (page - mapping.begin) / kPageSize, mapping.shared && write));
  if (mapping.shared) {
    // The same frame runs as code somewhere, or is written somewhere: never both.
    if ((write && InfoOf(frame).executable_mappings != 0) || (access == arch::Access::kExecute && runs_what_is_written(frame))) {
      ReleaseFrame(frame);
      return Error::kNotPermitted;
    }
    PageFlags flags = FlagsFor(mapping.protection, write);
    flags.execute = flags.execute && !runs_what_is_written(frame);
    if (frame == present) ReleaseFrame(frame);  // the page holds its reference already
    return Page{frame, flags};
  }
  // Private: written pages, and code whose file is mapped writable elsewhere, become copies.
  if (write || runs_what_is_written(frame)) {
    const Result<PhysAddr> copy = CopyOf(present.value != 0 ? present : frame, tagged);
    ReleaseFrame(frame);
    return Page{TRY(copy), FlagsFor(mapping.protection, mapping.protection.write)};
  }
  return Page{frame, FlagsFor(mapping.protection, false)};
}

Result<void> AddressSpace::Discard(u64 address, u64 bytes) {
  if (!IsAligned(address, kPageSize) || bytes > arch::kUserEnd || address > arch::kUserEnd - bytes)
    return Error::kInvalidArgument;
  const u64 end = AlignUp(address + bytes, kPageSize);
  u64 covered = address;
  bool has_hole = false;
  for (size_t i = IndexAtOrAbove(address); i < mappings_.size() && mappings_[i].begin < end; i++) {
    const Mapping& mapping = mappings_[i];
    has_hole |= mapping.begin > covered;
    covered = mapping.end;
    if (mapping.sealed) return Error::kNotPermitted;
    DropPages(mapping.begin > address ? mapping.begin : address, mapping.end < end ? mapping.end : end);
  }
  return has_hole || covered < end ? Result<void>(Error::kNoMemory) : Result<void>();
}

void AddressSpace::Forget(const void* object, u64 first, u64 last, Copies copies) {
  for (const Mapping& mapping : mappings_) {
    if (!mapping.source || mapping.source->object() != object || mapping.sealed) continue;
    const u64 pages = mapping.bytes() / kPageSize;
    const u64 from = first > mapping.source_page ? first - mapping.source_page : 0;
    const u64 to = last > mapping.source_page ? std::min(last - mapping.source_page, pages) : 0;
    if (from >= to) continue;
    tables_.Visit(mapping.begin + from * kPageSize, mapping.begin + to * kPageSize, [&](u64, PageTables::Entry& entry) {
      if (copies == Copies::kKeep && InfoOf(entry.frame).kind == FrameKind::kProgram) return PageTables::Verdict::kKeep;
      NoteRights(entry.frame, entry.flags, kNoRights);
      ReleaseFrame(entry.frame);
      resident_pages_--;
      return PageTables::Verdict::kRemove;
    });
  }
}

bool AddressSpace::MayWrite(const void* object) const {
  for (const Mapping& mapping : mappings_) {
    if (mapping.source && mapping.source->object() == object && mapping.shared && !mapping.never_writable) return true;
  }
  return false;
}

void AddressSpace::MovePages(u64 from, u64 to, u64 bytes) {
  tables_.Visit(from, from + bytes, [&](u64 page, PageTables::Entry& entry) {
    if (!tables_.Map(to + (page - from), entry.frame, entry.flags).ok()) __builtin_trap();
    return PageTables::Verdict::kRemove;
  });
}

Result<u64> AddressSpace::Remap(const RemapRequest& remap) {
  const u64 address = remap.address, fixed_to = remap.fixed_to;
  if (!IsAligned(address, kPageSize) || remap.new_bytes == 0 || remap.new_bytes > arch::kUserEnd ||
      remap.old_bytes > arch::kUserEnd)
    return Error::kInvalidArgument;
  const u64 old_bytes = AlignUp(remap.old_bytes, kPageSize), new_bytes = AlignUp(remap.new_bytes, kPageSize);
  const bool in_place = fixed_to == 0 && !remap.keep_from;
  const Mapping* found = Find(address);
  if (found == nullptr || old_bytes > found->end - address) return Error::kBadAddress;
  if (found->sealed) return Error::kNotPermitted;
  if (old_bytes == 0 && !found->shared) return Error::kInvalidArgument;
  if (in_place && new_bytes <= old_bytes) {
    if (new_bytes < old_bytes) TRY(RemoveRange(address + new_bytes, address + old_bytes));
    return address;
  }
  if (found->protection.write && !found->shared && PagesFor(new_bytes) > TotalFrames()) return Error::kNoMemory;
  if (!remap.keep_from) TRY(CheckLimits(address, address + old_bytes, new_bytes, found->protection, found->shared));
  // In place, when the mapping ends here and what follows is free with its guard.
  const u64 grown_end = address + new_bytes;
  if (in_place && address + old_bytes == found->end && grown_end <= arch::kUserEnd &&
      !Overlaps(found->end, grown_end + kGuardPages * kPageSize)) {
    const size_t at = IndexAtOrAbove(address);
    mappings_[at].end = grown_end;
    return address;
  }
  if (!remap.may_move) return Error::kNoMemory;
  if (fixed_to != 0 && fixed_to < address + old_bytes && address < fixed_to + new_bytes) return Error::kInvalidArgument;
  MapRequest request;
  request.address = fixed_to;
  request.fixed = fixed_to != 0;
  request.bytes = new_bytes;
  request.protection = {};  // replaced below: a mapping may hold rights that no new one could get
  request.shared = found->shared;
  request.never_writable = found->never_writable;
  request.purpose = found->purpose;
  request.source = found->source;
  request.source_page = found->source_page + (address - found->begin) / kPageSize;
  const u64 target = TRY(Map(request));
  found = Find(address);
  Mapping* moved = &mappings_[IndexAtOrAbove(target)];
  TRY(SplitAt(target));
  TRY(SplitAt(target + new_bytes));
  found = Find(address);
  moved = &mappings_[IndexAtOrAbove(target)];
  moved->protection = found->protection;
  moved->was_writable = found->was_writable;
  moved->grows_down = found->grows_down;
  moved->first_tag = found->first_tag;
  const u64 moving = old_bytes < new_bytes ? old_bytes : new_bytes;
  if (FreeFrames() < kFramesToMove) {
    TRY(RemoveRange(target, target + new_bytes));
    return Error::kNoMemory;
  }
  MovePages(address, target, moving);
  if (old_bytes != 0 && !remap.keep_from) TRY(RemoveRange(address, address + old_bytes));
  MergeIn(target, target + new_bytes);
  return target;
}

Result<void> AddressSpace::SetFirstTag(u64 address, u64 bytes, u8 tag) {
  if (!IsAligned(address | bytes, kPageSize) || bytes > arch::kUserEnd || address > arch::kUserEnd - bytes)
    return Error::kInvalidArgument;
  if (bytes == 0) return {};
  const u64 end = address + bytes;
  if (!Covers(address, end)) return Error::kNoMemory;
  for (size_t i = IndexAtOrAbove(address); i < mappings_.size() && mappings_[i].begin < end; i++) {
    if (!mappings_[i].protection.tagged || mappings_[i].shared || mappings_[i].source) return Error::kInvalidArgument;
  }
  TRY(SplitAt(address));
  TRY(SplitAt(end));
  for (size_t i = IndexAtOrAbove(address); i < mappings_.size() && mappings_[i].begin < end; i++) mappings_[i].first_tag = tag;
  MergeIn(address, end);
  return {};
}

u64 AddressSpace::Break(u64 wanted) {
  if (wanted < break_start_) return break_;
  const u64 old_end = AlignUp(break_, kPageSize), new_end = AlignUp(wanted, kPageSize);
  if (wanted > arch::kUserEnd) return break_;
  if (new_end < old_end) {
    if (!RemoveRange(new_end, old_end).ok()) return break_;
  } else if (new_end > old_end) {
    if (Overlaps(old_end, new_end + kGuardPages * kPageSize)) return break_;
    MapRequest request;
    request.address = old_end;
    request.fixed = true;
    request.bytes = new_end - old_end;
    request.protection = {.read = true, .write = true};
    request.purpose = Purpose::kHeap;
    if (!Map(request).ok()) return break_;
  }
  break_ = wanted;
  return break_;
}

bool AddressSpace::IsResident(u64 address) {
  const auto entry = tables_.Lookup(AlignDown(address, kPageSize));
  return entry.has_value();
}

void AddressSpace::Seal(u64 begin, u64 end) {
  for (size_t i = IndexAtOrAbove(begin); i < mappings_.size() && mappings_[i].begin < end; i++) mappings_[i].sealed = true;
}

Result<PhysAddr> AddressSpace::FrameAt(u64 address) {
  auto entry = tables_.Lookup(AlignDown(address, kPageSize));
  if (!entry || !entry->flags.read) {
    if (HandleFault(address, arch::Access::kRead) != FaultOutcome::kDone) return Error::kBadAddress;
    entry = tables_.Lookup(AlignDown(address, kPageSize));
  }
  return entry->frame;
}

}  // namespace caponier::mm
