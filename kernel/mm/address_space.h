// The program's memory: its mappings, and the pages behind them, brought in at first touch.
//
// What stays true: mappings never overlap; no mapping is writable and executable at once, and under strict W^X none ever was
// writable before it became executable (file-backed private text excepted, which is never written in place); page 0 is never mapped; a placed
// mapping, for which the program named no place, is put at a uniformly random one with absent pages on both sides; every page handed to the program was zeroed or filled.
#pragma once

#include <string_view>

#include "kernel/arch/machine.h"
#include "kernel/mm/page_tables.h"
#include "lib/aslr/place.h"
#include "lib/base/chunked_vector.h"
#include "lib/base/ref.h"
#include "lib/base/result.h"

namespace caponier::mm {

// Where the pages of a file-backed mapping come from. Implemented by kernel/fs for its files, by the loader for the vDSO.
class PageSource : public RefCounted {
 public:
  // The frame that holds page `index` of the object, retained for the caller. With `for_write` the frame is the one that writes
  // must go to (shared mappings); without, it may be any frame with the current contents, and is never written through.
  // kOutOfRange past the end (the program gets SIGBUS).
  virtual Result<PhysAddr> Page(u64 index, bool for_write) = 0;
  // Whether page `index` lies in a frame already, so that to map it costs no memory.
  virtual bool IsPresent(u64 /*index*/) const { return false; }
  // The path for /proc/self/maps; empty when it has none.
  virtual std::string_view mapped_name() const { return {}; }
  virtual u64 inode_number() const { return 0; }
  // What the pages are of: sources with the same object give the same frames.
  virtual const void* object() const { return this; }
};

struct Protection {
  bool read = false, write = false, execute = false;
  bool tagged = false;   // PROT_MTE
  bool guarded = false;  // PROT_BTI
  constexpr bool operator==(const Protection&) const = default;
};

// What a mapping is for: names it in /proc/self/maps and in crash reports.
enum class Purpose : u8 { kMapping, kImage, kInterpreter, kStack, kThreadStack, kHeap, kVdso, kVvar };

struct Mapping {
  u64 begin = 0, end = 0;  // addresses, page-aligned; end is one past
  Protection protection;
  bool shared = false;
  bool grows_down = false;
  bool was_writable = false;    // strict W^X: such a mapping never becomes executable
  bool never_writable = false;  // shared, of a file that may only be read
  bool sealed = false;          // cannot be changed or unmapped
  u8 first_tag = 0;             // of anonymous pages when they come in
  Purpose purpose = Purpose::kMapping;
  Ref<PageSource> source;  // null: anonymous
  u64 source_page = 0;     // page index in `source` at `begin`
  u64 bytes() const { return end - begin; }
};

struct MapRequest {
  u64 address = 0;  // exact when `fixed`, else a hint: taken where it is free, and low or near code (docs/decisions/0019)
  u64 bytes = 0;
  Protection protection;
  bool fixed = false;             // replace what is there
  bool fixed_no_replace = false;  // fail with kExists instead
  bool shared = false;
  bool never_writable = false;  // as in Mapping
  bool below_4g = false;        // MAP_32BIT
  bool grows_down = false;
  bool populate = false;
  bool beyond_memory = false;  // may be larger than all memory: a stack, which is mostly room to grow; MAP_NORESERVE, MAP_FIXED
  Purpose purpose = Purpose::kMapping;
  Ref<PageSource> source;
  u64 source_page = 0;
  u64 alignment = kPageSize;
};

struct RemapRequest {
  u64 address = 0, old_bytes = 0, new_bytes = 0;
  bool may_move = false;
  u64 fixed_to = 0;        // not 0: there and nowhere else (MREMAP_FIXED)
  bool keep_from = false;  // the old place stays mapped, with no pages; needs may_move and no change of size (MREMAP_DONTUNMAP)
};

// kOff: any rights at once, through any alias. kPacked: lib/aslr/packed.h.
enum class WxPolicy : u8 { kStrict, kAllowJit, kOff };
enum class LayoutPolicy : u8 { kScatter, kPacked };
struct Policy {
  WxPolicy wx = WxPolicy::kStrict;
  LayoutPolicy layout = LayoutPolicy::kScatter;
};

class AddressSpace : public RefCounted {
 public:
  static Result<Ref<AddressSpace>> Create(Policy policy);

  Result<u64> Map(const MapRequest& request);  // the address
  Result<void> Unmap(u64 address, u64 bytes);
  Result<void> Protect(u64 address, u64 bytes, Protection protection);
  // mremap(2): the address.
  Result<u64> Remap(const RemapRequest& request);
  // MADV_DONTNEED / MADV_FREE: drops anonymous pages, which read as zeroes afterwards; file pages reread.
  Result<void> Discard(u64 address, u64 bytes);
  // Pages [first, last) of `object` are no longer what they were: mappings of it ask for them anew. What a private mapping has written goes
  // too, or stays.
  enum class Copies : u8 { kDrop, kKeep };
  void Forget(const void* object, u64 first, u64 last, Copies copies);
  // Whether a shared mapping writes to `object`, or could after mprotect(2).
  bool MayWrite(const void* object) const;
  // Pages of the range, which may be empty, that come in from now on have that tag: private anonymous memory with tags, else kInvalidArgument.
  Result<void> SetFirstTag(u64 address, u64 bytes, u8 tag);
  // The program break: sets it when `wanted` is reachable, returns the one in force.
  u64 Break(u64 wanted);
  void SetBreakStart(u64 address) { break_start_ = break_ = address; }
  // What the program may have from now on, in bytes: accessible memory [RLIMIT_AS], private writable memory that is no stack [RLIMIT_DATA].
  // Inaccessible mappings, which Linux counts among the first, are only addresses here too.
  void SetLimits(u64 accessible, u64 data) { limits_ = {accessible, data}; }

  enum class FaultOutcome : u8 { kDone, kNotMapped, kForbidden, kPastEnd, kOutOfMemory };
  // Makes the page at `address` present for `access`.
  FaultOutcome HandleFault(u64 address, arch::Access access);

  // The mapping that holds `address`, or null.
  const Mapping* Find(u64 address) const;
  // Whether every page from `begin` to `end`, whole pages, is in a mapping.
  bool Covers(u64 begin, u64 end) const;
  // The nearest mapping above `address`, or null: tells "guard page of which stack".
  const Mapping* FindAbove(u64 address) const;
  const ChunkedVector<Mapping>& mappings() const { return mappings_; }
  u64 resident_pages() const { return resident_pages_; }
  // Whether the policy for writable code has refused anything: engines that compile as they run fail for it.
  bool refused_code() const { return refused_code_; }
  u64 mapped_pages() const;
  PhysAddr root() const { return tables_.root(); }
  // Makes it the one that user addresses mean, on this CPU.
  void Activate();
  static AddressSpace* Active();
  Policy policy() const { return policy_; }
  // mincore(2): one byte a page, 1 when present.
  bool IsResident(u64 address);
  // Refuses later changes of what is mapped now as program text and read-only data.
  void Seal(u64 begin, u64 end);
  // The frame behind `address` when present and readable by the program (futex keys, debugger), else kBadAddress.
  Result<PhysAddr> FrameAt(u64 address);

 private:
  explicit AddressSpace(PageTables tables, Policy policy) : tables_(std::move(tables)), policy_(policy) {}
  ~AddressSpace() override;

  size_t IndexAtOrAbove(u64 address) const;  // first mapping whose end is above `address`
  bool Overlaps(u64 begin, u64 end) const;
  aslr::PageRange BreakStretch() const;
  bool CodeWithin(u64 begin, u64 end) const;
  bool TakesHint(u64 address, u64 bytes, u64 limit) const;
  Result<u64> FindPlace(u64 bytes, u64 alignment, u64 limit);
  Result<void> SplitAt(u64 address);
  Result<void> RemoveRange(u64 begin, u64 end);
  void NoteRights(PhysAddr frame, PageFlags before, PageFlags after) const;
  void DropPages(u64 begin, u64 end);
  void MovePages(u64 from, u64 to, u64 bytes);
  struct Page {
    PhysAddr frame;
    PageFlags flags;
  };
  Result<Page> PageFor(const Mapping& mapping, u64 page, arch::Access access, PhysAddr present);
  bool Enter(u64 page, const Page& next);
  void EnterAround(const Mapping& mapping, u64 page, arch::Access access);
  void MergeAround(size_t index);
  // Those that touch the range, among each other and with their neighbours.
  void MergeIn(u64 begin, u64 end);
  Result<void> CheckProtection(const Protection& wanted, const Mapping* before);
  // Whether the limits let `bytes` of such memory stand in the place of what is mapped from `begin` to `end`.
  Result<void> CheckLimits(u64 begin, u64 end, u64 bytes, const Protection& protection, bool shared) const;

  bool refused_code_ = false;
  PageTables tables_;
  ChunkedVector<Mapping> mappings_;  // by address
  Policy policy_;
  u64 break_start_ = 0, break_ = 0;
  struct {
    u64 accessible = ~u64{0}, data = ~u64{0};
  } limits_;
  u64 resident_pages_ = 0;
};

}  // namespace caponier::mm
