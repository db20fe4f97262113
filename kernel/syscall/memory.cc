// The program's memory: mmap(2) and its family. The work is in kernel/mm; here flags are checked and translated.
#include "kernel/fs/context.h"
#include "kernel/mm/shared_pages.h"
#include "kernel/syscall/call.h"
#include "lib/linux_abi/constant.h"
#include "lib/linux_abi/file_flags.h"
#include "lib/linux_abi/memory_flags.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;

constexpr bool kIsAarch64 = native::kArch == Arch::kAarch64;

// The flags that there were before MAP_SHARED_VALIDATE, which refuses all others; MAP_SHARED and MAP_PRIVATE ignore what they do not know.
constexpr u32 kValidated = kMAP_TYPE | kMAP_FIXED | kMAP_ANONYMOUS | kMAP_GROWSDOWN | kMAP_DENYWRITE | kMAP_EXECUTABLE |
                           kMAP_LOCKED | kMAP_NORESERVE | kMAP_POPULATE | kMAP_NONBLOCK | kMAP_STACK | kMAP_HUGETLB |
                           kMAP_UNINITIALIZED | (kIsAarch64 ? 0 : x86_64::kMAP_32BIT);

Result<mm::Protection> ParseProtection(u32 bits) {
  u32 known = kPROT_READ | kPROT_WRITE | kPROT_EXEC | kPROT_SEM;
  if (kIsAarch64) known |= aarch64::kPROT_BTI | aarch64::kPROT_MTE;
  if ((bits & ~known) != 0) return Error::kInvalidArgument;
  mm::Protection protection{
      .read = (bits & kPROT_READ) != 0, .write = (bits & kPROT_WRITE) != 0, .execute = (bits & kPROT_EXEC) != 0};
  if (kIsAarch64) {
    protection.guarded = (bits & aarch64::kPROT_BTI) != 0;
    protection.tagged = (bits & aarch64::kPROT_MTE) != 0;
    if (protection.tagged && !arch::HasMemoryTags()) return Error::kInvalidArgument;
  }
  return protection;
}

// The file behind a mapping, checked against what the mapping may do with it.
Result<void> SetSource(Call& call, int descriptor, mm::MapRequest& request) {
  const Ref<fs::File> file = TRY(call.process().files->Get(descriptor));
  if (!file->readable()) return Error::kAccessDenied;
  if (request.shared) {
    const bool sealed = file->inode() != nullptr && file->inode()->sealed_for_writing();
    request.never_writable = sealed || !file->writable();
    if (request.protection.write && request.never_writable) return sealed ? Error::kNotPermitted : Error::kAccessDenied;
  }
  request.source = TRY(file->Mappable());
  return {};
}

struct PageSpan {
  u64 begin, end;
};
// The pages that a span of bytes touches; one that runs past the end of all addresses is none.
Result<PageSpan> PagesOf(u64 address, u64 bytes) {
  const u64 begin = AlignDown(address, kPageSize), end = AlignUp(address + bytes, kPageSize);
  if (address + bytes < address || end < begin) return Error::kInvalidArgument;
  return PageSpan{begin, end};
}

}  // namespace

Result<i64> SysMmap(Call& call) {
  const u32 flags = call.Unsigned(3);
  const u32 kind = flags & kMAP_TYPE;
  if (kind != kMAP_PRIVATE && kind != kMAP_SHARED && kind != kMAP_SHARED_VALIDATE) return Error::kInvalidArgument;
  if ((flags & kMAP_HUGETLB) != 0) return Error::kNoMemory;
  if (kind == kMAP_SHARED_VALIDATE && (flags & ~kValidated) != 0) return Error::kNotSupported;
  if (!IsAligned(call[5], kPageSize)) return Error::kInvalidArgument;
  mm::MapRequest request;
  request.address = call[0];
  request.bytes = call[1];
  request.protection = TRY(ParseProtection(call.Unsigned(2)));
  request.fixed = (flags & kMAP_FIXED) != 0;
  request.fixed_no_replace = (flags & kMAP_FIXED_NOREPLACE) != 0;
  request.shared = kind != kMAP_PRIVATE;
  request.grows_down = (flags & kMAP_GROWSDOWN) != 0;
  request.populate = (flags & (kMAP_POPULATE | kMAP_LOCKED)) != 0 && (flags & kMAP_NONBLOCK) == 0;
  // Who insists on a place has reserved it, and what becomes writable there may be a table with few pages in use, as of Go's runtime.
  request.beyond_memory = (flags & (kMAP_NORESERVE | kMAP_FIXED)) != 0;
  if constexpr (!kIsAarch64) request.below_4g = (flags & x86_64::kMAP_32BIT) != 0;
  if ((flags & kMAP_STACK) != 0) request.purpose = mm::Purpose::kThreadStack;
  if ((flags & kMAP_ANONYMOUS) == 0) {
    TRY(SetSource(call, call.Int(4), request));
    request.source_page = call[5] / kPageSize;
    // Tags live with anonymous memory only, as on Linux for file systems without them.
    if (request.protection.tagged) return Error::kInvalidArgument;
  } else if (request.shared) {
    request.source = TRY(mm::MakeSharedPages(request.bytes));
    if (request.protection.tagged) return Error::kInvalidArgument;
  }
  return static_cast<i64>(TRY(call.process().memory->Map(request)));
}

Result<i64> SysMunmap(Call& call) {
  TRY(call.process().memory->Unmap(call.Address(0), call[1]));
  return 0;
}

Result<i64> SysMprotect(Call& call) {
  const u32 bits = call.Unsigned(2);
  if ((bits & (kPROT_GROWSDOWN | kPROT_GROWSUP)) == (kPROT_GROWSDOWN | kPROT_GROWSUP)) return Error::kInvalidArgument;
  const mm::Protection protection = TRY(ParseProtection(bits & ~static_cast<u32>(kPROT_GROWSDOWN | kPROT_GROWSUP)));
  TRY(call.process().memory->Protect(call.Address(0), AlignUp(call[1], kPageSize), protection));
  return 0;
}

Result<i64> SysMremap(Call& call) {
  const u32 flags = call.Unsigned(3);
  if ((flags & ~static_cast<u32>(kMREMAP_MAYMOVE | kMREMAP_FIXED | kMREMAP_DONTUNMAP)) != 0) return Error::kInvalidArgument;
  const bool fixed = (flags & kMREMAP_FIXED) != 0;
  const mm::RemapRequest request{.address = call.Address(0),
                                 .old_bytes = call[1],
                                 .new_bytes = call[2],
                                 .may_move = (flags & kMREMAP_MAYMOVE) != 0,
                                 .fixed_to = fixed ? call[4] : 0,
                                 .keep_from = (flags & kMREMAP_DONTUNMAP) != 0};
  if (fixed && (!request.may_move || !IsAligned(call[4], kPageSize) || call[4] == 0)) return Error::kInvalidArgument;
  if (request.keep_from && (!request.may_move || call[1] != call[2])) return Error::kInvalidArgument;
  return static_cast<i64>(TRY(call.process().memory->Remap(request)));
}

Result<i64> SysMadvise(Call& call) {
  const auto [address, end] = TRY(PagesOf(call.Address(0), call[1]));
  if (address != call.Address(0)) return Error::kInvalidArgument;
  switch (call.Int(2)) {
    case kMADV_DONTNEED:
    case kMADV_FREE:
      if (end != address) TRY(call.process().memory->Discard(address, end - address));
      return 0;
    case kMADV_NORMAL:
    case kMADV_RANDOM:
    case kMADV_SEQUENTIAL:
    case kMADV_WILLNEED:
    case kMADV_DONTFORK:
    case kMADV_DOFORK:
    case kMADV_HUGEPAGE:
    case kMADV_NOHUGEPAGE:
    case kMADV_DONTDUMP:
    case kMADV_DODUMP:
    case kMADV_KEEPONFORK:
    case kMADV_COLD:
    case kMADV_PAGEOUT:  // advice about speed, size of pages and copies that this machine does not make
      return call.process().memory->Covers(address, end) ? Result<i64>(0) : Error::kNoMemory;
    case kMADV_WIPEONFORK:  // nothing forks
      for (u64 at = address; at < end;) {
        const mm::Mapping* mapping = call.process().memory->Find(at);
        if (mapping == nullptr) return Error::kNoMemory;
        if (mapping->source || mapping->shared) return Error::kInvalidArgument;
        at = mapping->end;
      }
      return 0;
    case kMADV_POPULATE_READ:
    case kMADV_POPULATE_WRITE: {
      const auto access = call.Int(2) == kMADV_POPULATE_WRITE ? arch::Access::kWrite : arch::Access::kRead;
      for (u64 page = address; page < end; page += kPageSize) {
        const auto outcome = call.process().memory->HandleFault(page, access);
        if (outcome == mm::AddressSpace::FaultOutcome::kOutOfMemory) return Error::kNoMemory;
        if (outcome == mm::AddressSpace::FaultOutcome::kNotMapped) return Error::kNoMemory;
        if (outcome != mm::AddressSpace::FaultOutcome::kDone) return Error::kBadAddress;
      }
      return 0;
    }
    default: return Error::kInvalidArgument;
  }
}

Result<i64> SysBrk(Call& call) { return static_cast<i64>(call.process().memory->Break(call[0])); }

Result<i64> SysMincore(Call& call) {
  const u64 start = call.Address(0);
  if (!IsAligned(start, kPageSize)) return Error::kInvalidArgument;
  const u64 pages = PagesFor(call[1]);
  for (u64 i = 0; i < pages; i++) {
    const u64 address = start + i * kPageSize;
    if (call.process().memory->Find(address) == nullptr) return Error::kNoMemory;
    TRY(mm::WriteUser<u8>(call[2] + i, call.process().memory->IsResident(address)));
  }
  return 0;
}

// Files live in memory, so there is nothing to write back.
Result<i64> SysMsync(Call& call) {
  const u32 flags = call.Unsigned(2);
  if (!IsAligned(call[0], kPageSize) || (flags & ~static_cast<u32>(kMS_ASYNC | kMS_INVALIDATE | kMS_SYNC)) != 0)
    return Error::kInvalidArgument;
  if ((flags & kMS_ASYNC) != 0 && (flags & kMS_SYNC) != 0) return Error::kInvalidArgument;
  const auto pages = PagesOf(call.Address(0), call[1]);
  if (!pages.ok() || !call.process().memory->Covers(pages.value().begin, pages.value().end)) return Error::kNoMemory;
  return 0;
}

// Nothing is ever swapped out: locked memory only has to be there.
Result<i64> SysMlock(Call& call) {
  const auto [begin, end] = TRY(PagesOf(call.Address(0), call[1]));
  for (u64 page = begin; page < end; page += kPageSize) {
    const mm::Mapping* mapping = call.process().memory->Find(page);
    if (mapping == nullptr) return Error::kNoMemory;
    const auto access = mapping->protection.write ? arch::Access::kWrite : arch::Access::kRead;
    if (call.process().memory->HandleFault(page, access) != mm::AddressSpace::FaultOutcome::kDone) return Error::kNoMemory;
  }
  return 0;
}

Result<i64> SysMlock2(Call& call) {
  return (call.Unsigned(2) & ~u32{kMLOCK_ONFAULT}) != 0 ? Error::kInvalidArgument : SysMlock(call);
}

Result<i64> SysMunlock(Call& call) {
  const auto [begin, end] = TRY(PagesOf(call.Address(0), call[1]));
  return call.process().memory->Covers(begin, end) ? Result<i64>(0) : Error::kNoMemory;
}

Result<i64> SysMlockall(Call& call) {
  const u32 flags = call.Unsigned(0);
  return flags == 0 || flags == kMCL_ONFAULT || (flags & ~7u) != 0 ? Result<i64>(Error::kInvalidArgument) : Result<i64>(0);
}

Result<i64> SysMunlockall(Call&) { return 0; }

}  // namespace caponier::syscall
