#include "kernel/fs/for_test/machine.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/mm/frames.h"
#include "kernel/mm/window.h"
#include "kernel/random/random.h"
#include "kernel/sched/signal.h"
#include "kernel/syscall/system.h"
#include "lib/archive/writer.h"
#include "lib/linux_abi/errno.h"

namespace caponier::fs::for_test {
namespace {

struct Frame {
  mm::FrameInfo info{};
  std::unique_ptr<std::byte[]> bytes;
};
std::map<u64, Frame> g_frames;
u64 g_next_frame = 0x1000;
u64 g_frame_limit = 1 << 20;
std::function<bool()> g_sleep;
u64 g_forbidden_begin = 0, g_forbidden_end = 0;
int g_raised = 0;
u64 g_now = 1'000'000'000;

u64 g_allowed_begin = 0, g_allowed_end = ~u64{0};

bool Forbidden(u64 address, u64 bytes) {
  if (bytes != 0 && (address < g_allowed_begin || address >= g_allowed_end || bytes > g_allowed_end - address)) return true;
  return !mm::IsUserRange(address, bytes) || (address < g_forbidden_end && address + bytes > g_forbidden_begin) ||
         (bytes != 0 && address < kPageSize);
}

Frame& HostFrame(PhysAddr frame) {
  auto found = g_frames.find(frame.page_number());
  if (found == g_frames.end()) std::abort();
  return found->second;
}

class VectorSink final : public archive::Sink {
 public:
  Result<void> Write(Bytes bytes) override {
    out.insert(out.end(), bytes.begin(), bytes.end());
    return {};
  }
  std::vector<std::byte> out;
};

class NameList final : public EntryVisitor {
 public:
  bool Visit(std::string_view name, u64, InodeType, u64) override {
    names.emplace_back(name);
    return true;
  }
  std::vector<std::string> names;
};

// Directories and their parents hold each other: the tree never ends by itself, as the kernel's never needs to.
void Dismantle(Directory& directory) {
  NameList list;
  directory.List(0, list).value();
  for (const std::string& name : list.names) {
    auto found = directory.Lookup(name);
    if (!found.ok()) continue;
    if (Directory* below = found.value().inode->as_directory()) Dismantle(*below);
    (void)directory.Remove(name);
  }
  directory.parent = nullptr;
}

}  // namespace

Machine::Machine(Bytes archive) {
  g_frames.clear();
  g_frame_limit = 1 << 20;
  g_sleep = nullptr;
  g_forbidden_begin = g_forbidden_end = 0;
  g_allowed_begin = 0, g_allowed_end = ~u64{0};
  process.pid = 1;
  thread.tid = 1;
  thread.process = &process;
  process.threads.PushBack(&thread);
  sched::g_cpu_front.current = &thread;
  VectorSink empty;
  if (archive.empty()) {
    archive::ArchiveWriter writer(empty);
    writer.Finish().value();
    archive = empty.out;
  }
  FirstDiagnostic diagnostic;
  InitRoot(archive, PutArchive(archive), diagnostic).value();
  process.memory = mm::AddressSpace::Create({}).value();
  process.files = Context::Create().value();
}

Machine::~Machine() {
  process.files->CloseAll();
  Dismantle(Root());
  process.files = nullptr;
  process.threads.Remove(&thread);
  sched::g_cpu_front.current = nullptr;
}

i64 Machine::Call(syscall::Handler handler, std::initializer_list<u64> arguments) {
  arch::TrapFrame frame{};
  syscall::Call call{.frame = frame, .thread = thread, .arguments = {}};
  size_t i = 0;
  for (const u64 argument : arguments) call.arguments[i++] = argument;
  const auto result = handler(call);
  return result.ok() ? result.value() : -linux_abi::ToErrno(result.error());
}

PhysAddr PutArchive(Bytes archive) {
  const u64 first = g_next_frame += 0x1000;
  for (u64 i = 0; i < PagesFor(archive.size()); i++) {
    Frame& frame = g_frames[first + i];
    frame.bytes = std::make_unique<std::byte[]>(kPageSize);
    std::memcpy(frame.bytes.get(), archive.data() + (i << kPageBits), std::min(kPageSize, archive.size() - (i << kPageBits)));
  }
  g_next_frame = first + PagesFor(archive.size());
  return {first << kPageBits};
}

void EndTree() { Dismantle(Root()); }
void SetSleep(std::function<bool()> sleep) { g_sleep = std::move(sleep); }
void LimitFrames(u64 count) { g_frame_limit = g_frames.size() + count; }
u64 FramesInUse() { return g_frames.size(); }
u64 FramesWithTwoOwners() {
  u64 shared = 0;
  for (const auto& [number, frame] : g_frames) shared += frame.info.references > 1;
  return shared;
}
void Forbid(const void* address, u64 bytes) {
  g_forbidden_begin = reinterpret_cast<u64>(address);
  g_forbidden_end = g_forbidden_begin + bytes;
}
void AllowOnly(const void* address, u64 bytes) {
  g_allowed_begin = reinterpret_cast<u64>(address);
  g_allowed_end = g_allowed_begin + bytes;
}
int RaisedSignal() { return std::exchange(g_raised, 0); }

}  // namespace caponier::fs::for_test

using namespace caponier::fs::for_test;

namespace caponier::mm {

Result<PhysAddr> AllocateFrame(FrameKind kind) {
  if (g_frames.size() >= g_frame_limit) return Error::kNoMemory;
  Frame& frame = g_frames[++g_next_frame];
  frame.bytes = std::make_unique<std::byte[]>(kPageSize);
  std::memset(frame.bytes.get(), 0xa5, kPageSize);
  frame.info.references = 1;
  frame.info.kind = kind;
  return PhysAddr{g_next_frame << kPageBits};
}
bool InReserve() { return g_frames.size() >= g_frame_limit; }
Result<PhysAddr> AllocateProgramFrame(FrameKind kind) { return AllocateFrame(kind); }
void RetainFrame(PhysAddr frame) { HostFrame(frame).info.references++; }
void ReleaseFrame(PhysAddr frame) {
  if (HostFrame(frame).info.references == 0) std::abort();
  if (--HostFrame(frame).info.references == 0) g_frames.erase(frame.page_number());
}
FrameInfo& InfoOf(PhysAddr frame) { return HostFrame(frame).info; }
Result<void> AdoptFrames(PhysAddr first, u64 count, FrameKind kind) {
  for (u64 i = 0; i < count; i++)
    HostFrame(first + (i << kPageBits)).info = {
        .references = 1, .next_free = 0, .entries = 0, .kind = kind, .executable_mappings = 0};
  return {};
}
u64 TotalFrames() { return g_frame_limit; }
u64 FreeFrames() { return g_frame_limit - std::min<u64>(g_frame_limit, g_frames.size()); }

// As much of an address space as a listing shows.
Result<Ref<AddressSpace>> AddressSpace::Create(Policy policy) {
  return Ref<AddressSpace>::Adopt(new AddressSpace(PageTables(), policy));
}
AddressSpace::~AddressSpace() = default;
Result<u64> AddressSpace::Map(const MapRequest& request) {
  Mapping mapping;
  mapping.begin = request.address;
  mapping.end = request.address + request.bytes;
  mapping.protection = request.protection;
  mapping.shared = request.shared;
  mapping.purpose = request.purpose;
  mapping.source = request.source;
  mapping.source_page = request.source_page;
  TRY(mappings_.Append(std::move(mapping)));
  return request.address;
}

AddressSpace* AddressSpace::Active() { return nullptr; }
void AddressSpace::Forget(const void*, u64, u64, Copies) {}
bool AddressSpace::MayWrite(const void*) const { return false; }

Gate::Gate() = default;
Gate::~Gate() = default;
Window::Window(PhysAddr frame, Access) : data_(HostFrame(frame).bytes.get()), slot_(0) {}
Window::~Window() = default;

}  // namespace caponier::mm

namespace caponier::arch {

// Strings are read to the end of their page, as the kernel may: past what the sanitizer knows of.
[[clang::no_sanitize("address")]] static void CopyWithoutChecks(char* to, const volatile char* from, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) to[i] = from[i];
}

// The copy routines that kernel/mm/user_copy.cc calls: a fault where the test forbids.
size_t CopyFromUserRaw(void* to, u64 from, size_t bytes) {
  if (Forbidden(from, bytes)) return bytes;
  CopyWithoutChecks(static_cast<char*>(to), reinterpret_cast<const char*>(from), bytes);
  return 0;
}
size_t CopyToUserRaw(u64 to, const void* from, size_t bytes) {
  if (Forbidden(to, bytes)) return bytes;
  if (bytes != 0) std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return 0;
}
size_t ZeroUserRaw(u64 to, size_t bytes) {
  if (Forbidden(to, bytes)) return bytes;
  std::memset(reinterpret_cast<void*>(to), 0, bytes);
  return 0;
}
u64 NowNs() { return g_now += 1000; }
void DescribeCpu(TextSink& sink) { sink.Write("processor\t: 0\n"); }

}  // namespace caponier::arch

namespace caponier::sched {

constinit CpuFront g_cpu_front{.current = nullptr};
void WakeSleeper(Timer&) {}
Thread* FindThread(Process& process, i32 tid) {
  for (Thread* thread = process.threads.front(); thread != nullptr; thread = process.threads.Next(thread)) {
    if (thread->tid == tid) return thread;
  }
  return nullptr;
}
u64 CpuTimeNs(const Thread&) { return 20'000'000; }
u64 CpuTimeNs(Process&) { return 30'000'000; }
u64 RealTimeNs() { return 1'700'000'000'000'000'000 + (g_now += 1000); }
u64 RealTimeOffsetNs() { return 1'700'000'000'000'000'000; }
void RaiseOnSelf(int signal) { g_raised = signal; }
void SetTemporaryMask(Thread&, SignalSet) {}
void RestoreMaskUnlessInterrupted(Thread&, bool) {}
void PendingSignals::Discard(SignalSet) {}
SignalInfo TakePending(Thread&, SignalSet) { return {}; }

WaitQueue::~WaitQueue() {
  if (!waiters_.empty()) std::abort();
}
void WaitQueue::Add(Waiter* waiter) {
  waiter->thread = g_cpu_front.current;
  waiter->queue = this;
  waiter->woken = false;
  waiters_.PushBack(waiter);
}
void WaitQueue::Remove(Waiter* waiter) {
  if (waiter->queue != this) return;
  waiter->queue = nullptr;
  waiters_.Remove(waiter);
}
void WaitQueue::WakeOne(Waiter* waiter) {
  Remove(waiter);
  waiter->woken = true;
}
u32 WaitQueue::Wake(u32 count) {
  return WakeIf(count, [](const Waiter&) { return true; });
}
Result<void> Block(u64 deadline_ns, Interruptible) {
  if (deadline_ns != kForever && g_sleep == nullptr) {
    g_now = std::max(g_now, deadline_ns);
    return Error::kTimedOut;
  }
  if (g_sleep != nullptr && g_sleep()) return {};
  return Error::kInterrupted;
}
Result<void> WaitOn(WaitQueue& queue, u64 deadline_ns, Interruptible interruptible) {
  Waiter waiter;
  queue.Add(&waiter);
  const auto result = Block(deadline_ns, interruptible);
  queue.Remove(&waiter);
  return result;
}

}  // namespace caponier::sched

namespace caponier::syscall {
std::string_view HostName() { return "test"; }
}  // namespace caponier::syscall

namespace caponier::kernel::random {
Result<void> Fill(MutableBytes bytes) {
  static u8 next = 1;
  for (std::byte& byte : bytes) byte = std::byte{next++};
  return {};
}
void MixIn(Bytes) {}
void Reseed() {}
}  // namespace caponier::kernel::random
