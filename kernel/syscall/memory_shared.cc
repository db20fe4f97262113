// System V's shared memory: shmget(2), shmat(2), shmdt(2), shmctl(2).
#include "kernel/mm/frames.h"
#include "kernel/mm/shared_segments.h"
#include "kernel/syscall/system_v.h"
#include "lib/linux_abi/ipc_flags.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using mm::SharedSegment;

// Linux's limits [proc(5)].
constexpr u64 kBytesMost = ~u64{0} - (1 << 24);
constexpr size_t kSegmentsMost = 4096;

Result<SharedSegment*> SegmentOf(i32 id) { return ObjectOf<SharedSegment>(mm::SharedSegments(), id); }

Result<i64> Make(Call& call, i32 key, u64 bytes, u32 flags) {
  if (bytes == 0 || bytes > kBytesMost) return Error::kInvalidArgument;
  if ((flags & kSHM_HUGETLB) != 0) return Error::kNoMemory;
  if (mm::SharedSegments().size() >= kSegmentsMost) return Error::kNoSpace;
  if (mm::InReserve() || PagesFor(bytes) > mm::TotalFrames()) return Error::kNoMemory;
  Ref<SharedSegment> segment = TRY(SharedSegment::Create(bytes, key));
  SetCreator(call, *segment, flags);
  segment->creator = call.process().pid;
  return segment->id;
}

ShmidDs Describe(Call& call, const SharedSegment& segment) {
  ShmidDs out;
  out.perm = DescribeOwner(segment);
  out.perm.mode |= (segment.removed ? kSHM_DEST : 0u) | (segment.locked ? kSHM_LOCKED : 0u);
  out.segsz = segment.bytes;
  out.atime = segment.attached_at;
  out.dtime = segment.detached_at;
  out.ctime = segment.changed_at;
  out.cpid = segment.creator;
  out.lpid = segment.last;
  out.nattch = segment.attached(*call.process().memory);
  return out;
}

// Of all segments; the result is the highest index in use.
Result<i64> DescribeAll(u64 address, int command) {
  mm::SystemVTable& segments = mm::SharedSegments();
  if (command == kIPC_INFO) {
    TRY(mm::WriteUser(
        address,
        Shminfo{.shmmax = kBytesMost, .shmmin = 1, .shmmni = kSegmentsMost, .shmseg = kSegmentsMost, .shmall = kBytesMost}));
  } else {
    ShmInfo info{.used_ids = static_cast<i32>(segments.size())};
    for (mm::SystemVObject* at = segments.Next(nullptr); at != nullptr; at = segments.Next(at)) {
      info.shm_tot += PagesFor(static_cast<SharedSegment*>(at)->bytes);
      info.shm_rss += static_cast<SharedSegment*>(at)->touched_pages;
    }
    TRY(mm::WriteUser(address, info));
  }
  return segments.highest();
}

}  // namespace

Result<i64> SysShmget(Call& call) {
  const i32 key = call.Int(0);
  const u64 bytes = call[1];
  const u32 flags = call.Unsigned(2);
  auto* segment = static_cast<SharedSegment*>(TRY(FindForKey(mm::SharedSegments(), key, flags)));
  if (segment == nullptr) return Make(call, key, bytes, flags);
  if (bytes > segment->bytes) return Error::kInvalidArgument;
  TRY(CheckFlags(call, *segment, flags));
  return segment->id;
}

Result<i64> SysShmat(Call& call) {
  const u32 flags = call.Unsigned(2);
  const bool remap = (flags & kSHM_REMAP) != 0, read_only = (flags & kSHM_RDONLY) != 0;
  u64 address = call[1];
  if (call.Int(0) < 0) return Error::kInvalidArgument;
  if ((flags & kSHM_RND) != 0) address = AlignDown(address, kPageSize);
  if (!IsAligned(address, kPageSize) || (address == 0 && remap)) return Error::kInvalidArgument;
  SharedSegment* found = TRY(SegmentOf(call.Int(0)));
  const Ref<SharedSegment> segment = Ref<SharedSegment>::Share(found);
  TRY(CheckAccess(call, *segment, kMayRead | (read_only ? 0 : kMayWrite) | ((flags & kSHM_EXEC) != 0 ? kMayExecute : 0)));
  mm::MapRequest request;
  request.address = address;
  request.bytes = segment->bytes;
  request.protection = {.read = true, .write = !read_only, .execute = (flags & kSHM_EXEC) != 0};
  request.shared = true;
  request.never_writable = read_only;
  request.source = segment;
  request.fixed = address != 0 && remap;
  request.fixed_no_replace = address != 0 && !remap;
  const auto mapped = call.process().memory->Map(request);
  // What stands in the way is an argument that does not fit [shmat(2)].
  if (!mapped.ok()) return mapped.error() == Error::kExists ? Error::kInvalidArgument : mapped.error();
  segment->last = call.process().pid;
  segment->attached_at = SecondsNow();
  return static_cast<i64>(mapped.value());
}

// All of what was attached there that is still mapped from where it begins.
Result<i64> SysShmdt(Call& call) {
  const u64 address = call[0];
  mm::AddressSpace& memory = *call.process().memory;
  const mm::Mapping* first = IsAligned(address, kPageSize) ? memory.Find(address) : nullptr;
  const Ref<SharedSegment> segment =
      Ref<SharedSegment>::Share(first == nullptr ? nullptr : mm::SegmentBehind(first->source.get()));
  if (!segment || first->begin != address || first->source_page != 0) return Error::kInvalidArgument;
  const u64 end = address + AlignUp(segment->bytes, kPageSize);
  for (u64 at = address; at < end;) {
    const mm::Mapping* mapping = memory.FindAbove(at);
    if (mapping == nullptr || mapping->begin >= end) break;
    const u64 begin = mapping->begin, next = mapping->end;
    if (mapping->source.get() == segment.get() && begin - address == mapping->source_page * kPageSize)
      TRY(memory.Unmap(begin, next - begin));
    at = next;
  }
  segment->last = call.process().pid;
  segment->detached_at = SecondsNow();
  return 0;
}

Result<i64> SysShmctl(Call& call) {
  const i32 id = call.Int(0);
  const int command = call.Int(1);
  if (command < 0 || id < 0) return Error::kInvalidArgument;
  switch (command) {
    case kIPC_INFO:
    case kSHM_INFO: return DescribeAll(call[2], command);
    case kIPC_STAT:
    case kSHM_STAT:
    case kSHM_STAT_ANY: {
      const SharedSegment* segment = TRY(SegmentOf(id));
      if (command != kSHM_STAT_ANY) TRY(CheckAccess(call, *segment, kMayRead));
      TRY(mm::WriteUser(call[2], Describe(call, *segment)));
      return command == kIPC_STAT ? 0 : segment->id;
    }
    case kIPC_SET: {
      const ShmidDs wanted = TRY(mm::ReadUser<ShmidDs>(call[2]));
      SharedSegment* segment = TRY(SegmentOf(id));
      TRY(SetOwner(call, *segment, wanted.perm));
      return 0;
    }
    case kIPC_RMID: {
      SharedSegment* segment = TRY(SegmentOf(id));
      TRY(CheckOwner(call, *segment));
      segment->Remove();
      return 0;
    }
    case kSHM_LOCK:
    case kSHM_UNLOCK: {  // nothing is ever swapped out
      SharedSegment* segment = TRY(SegmentOf(id));
      TRY(CheckOwner(call, *segment));
      segment->locked = command == kSHM_LOCK;
      return 0;
    }
    default: return Error::kInvalidArgument;
  }
}

}  // namespace caponier::syscall
