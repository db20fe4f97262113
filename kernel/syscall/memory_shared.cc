// System V's shared memory: shmget(2), shmat(2), shmdt(2), shmctl(2).
#include <algorithm>

#include "kernel/mm/frames.h"
#include "kernel/mm/shared_segments.h"
#include "kernel/syscall/call.h"
#include "lib/linux_abi/ipc_flags.h"
#include "lib/linux_abi/types.h"

namespace caponier::syscall {
namespace {

using namespace linux_abi;
using mm::SharedSegment;

// Linux's limits [proc(5)].
constexpr u64 kBytesMost = ~u64{0} - (1 << 24);
constexpr size_t kSegmentsMost = 4096;
constexpr u32 kRead = 4, kWrite = 2;

i64 Now() { return static_cast<i64>(sched::RealTimeNs() / 1'000'000'000); }

Result<void> Check(Call& call, const SharedSegment& segment, u32 permissions) {
  const sched::Credentials& who = call.process().credentials;
  const u32 user = who.user.effective, group = who.group.effective;
  if (user == 0) return {};
  const u32 granted = user == segment.user || user == segment.creator_user       ? segment.mode >> 6
                      : group == segment.group || group == segment.creator_group ? segment.mode >> 3
                                                                                 : segment.mode;
  return (permissions & ~granted & 7) == 0 ? Result<void>() : Error::kAccessDenied;
}

Result<void> CheckOwner(Call& call, const SharedSegment& segment) {
  const u32 user = call.process().credentials.user.effective;
  return user == 0 || user == segment.user || user == segment.creator_user ? Result<void>() : Error::kNotPermitted;
}

Result<SharedSegment*> SegmentOf(i32 id) {
  SharedSegment* segment = id < 0 ? nullptr : mm::FindSegment(id);
  if (segment == nullptr) return Error::kInvalidArgument;
  return segment;
}

Result<i64> Make(Call& call, i32 key, u64 bytes, u32 flags) {
  if (bytes == 0 || bytes > kBytesMost) return Error::kInvalidArgument;
  if ((flags & kSHM_HUGETLB) != 0) return Error::kNoMemory;
  if (mm::SegmentCount() >= kSegmentsMost) return Error::kNoSpace;
  if (mm::InReserve() || PagesFor(bytes) > mm::TotalFrames()) return Error::kNoMemory;
  Ref<SharedSegment> segment = TRY(SharedSegment::Create(bytes, key));
  const sched::Credentials& who = call.process().credentials;
  segment->user = segment->creator_user = who.user.effective;
  segment->group = segment->creator_group = who.group.effective;
  segment->mode = flags & 0777;
  segment->creator = call.process().pid;
  segment->changed_at = Now();
  return segment->id;
}

ShmidDs Describe(Call& call, const SharedSegment& segment) {
  ShmidDs out;
  out.perm = {.key = segment.key,
              .uid = segment.user,
              .gid = segment.group,
              .cuid = segment.creator_user,
              .cgid = segment.creator_group,
              .mode = segment.mode | (segment.removed ? kSHM_DEST : 0u) | (segment.locked ? kSHM_LOCKED : 0u)};
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
  if (command == kIPC_INFO) {
    TRY(mm::WriteUser(
        address,
        Shminfo{.shmmax = kBytesMost, .shmmin = 1, .shmmni = kSegmentsMost, .shmseg = kSegmentsMost, .shmall = kBytesMost}));
  } else {
    ShmInfo info{.used_ids = static_cast<i32>(mm::SegmentCount())};
    for (SharedSegment* at = mm::NextSegment(nullptr); at != nullptr; at = mm::NextSegment(at)) {
      info.shm_tot += PagesFor(at->bytes);
      info.shm_rss += at->touched_pages;
    }
    TRY(mm::WriteUser(address, info));
  }
  i32 highest = 0;
  for (SharedSegment* at = mm::NextSegment(nullptr); at != nullptr; at = mm::NextSegment(at)) highest = std::max(highest, at->id);
  return highest;
}

}  // namespace

Result<i64> SysShmget(Call& call) {
  const i32 key = call.Int(0);
  const u64 bytes = call[1];
  const u32 flags = call.Unsigned(2);
  if (key == kIPC_PRIVATE) return Make(call, key, bytes, flags);
  SharedSegment* segment = mm::FindSegmentByKey(key);
  if (segment == nullptr) return (flags & kIPC_CREAT) == 0 ? Error::kNotFound : Make(call, key, bytes, flags);
  if ((flags & kIPC_CREAT) != 0 && (flags & kIPC_EXCL) != 0) return Error::kExists;
  if (bytes > segment->bytes) return Error::kInvalidArgument;
  TRY(Check(call, *segment, (flags >> 6 | flags >> 3 | flags) & 7));
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
  TRY(Check(call, *segment, kRead | (read_only ? 0 : kWrite) | ((flags & kSHM_EXEC) != 0 ? 1 : 0)));
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
  segment->attached_at = Now();
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
  segment->detached_at = Now();
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
      if (command != kSHM_STAT_ANY) TRY(Check(call, *segment, kRead));
      TRY(mm::WriteUser(call[2], Describe(call, *segment)));
      return command == kIPC_STAT ? 0 : segment->id;
    }
    case kIPC_SET: {
      const ShmidDs wanted = TRY(mm::ReadUser<ShmidDs>(call[2]));
      SharedSegment* segment = TRY(SegmentOf(id));
      TRY(CheckOwner(call, *segment));
      segment->user = wanted.perm.uid;
      segment->group = wanted.perm.gid;
      segment->mode = wanted.perm.mode & 0777;
      segment->changed_at = Now();
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
