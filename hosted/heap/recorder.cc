#include "hosted/heap/recorder.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "hosted/heap/call_report.h"
#include "hosted/heap/linux_platform.h"
#include "lib/heap/settings.h"

namespace caponier::hosted {
namespace {

using heap::Crime;
using heap::Records;
using Tags = LinuxPlatform::Tags;
using Calls = u64[heap::Settings::kMaxRecord];

// The thread's last call into the library, and the block that it was about.
thread_local constinit Caller t_caller{};
thread_local constinit const void* t_block = nullptr;
thread_local constinit u32 t_thread = 0;

u32 ThisThread() {
  if (t_thread == 0) t_thread = static_cast<u32>(syscall(SYS_gettid));
  return t_thread;
}

u64 KeyOf(const void* block) { return Tags::Address(block) | u64{Tags::TagOf(block).value} << 56; }

// Whether the block concerned had been freed when the program did that.
bool IsAboutFreed(Crime crime) {
  switch (crime) {
    case Crime::kDoubleFree:
    case Crime::kStaleFree:
    case Crime::kWriteToFree:
    case Crime::kWriteBehindFound:
    case Crime::kReuseOfLive:
    case Crime::kUseAfterFree: return true;
    default: return false;
  }
}

}  // namespace

bool Recorder::Start(u32 calls) {
  // Together, with a page on each side where nothing is.
  constexpr u64 kBytes = Records::kBlockBytes + Records::kChainBytes + CallChain::kMemoryBytes;
  const Result<u64> base = LinuxPlatform::Reserve(kBytes + 2 * kPageSize);
  if (!base.ok()) return false;
  const u64 begin = base.value() + kPageSize;
  if (!LinuxPlatform::Commit(begin, kBytes, heap::MemoryUse::kMetadata).ok()) return false;
  auto* memory = reinterpret_cast<std::byte*>(begin);
  records_.Open(memory, memory + Records::kBlockBytes);
  CallChain::Open(memory + Records::kBlockBytes + Records::kChainBytes);
  most_calls_ = calls;
  return true;
}

void Recorder::Enter(const Caller& caller, const void* block) {
  t_caller = caller;
  t_block = block;
}

void Recorder::Allocated(const Caller& caller, const void* block) {
  Calls calls;
  const size_t count = CallChain::Of(caller, std::span(calls).first(most_calls_));
  const u32 thread = ThisThread();
  const heap::Locked locked(lock_);
  records_.Allocated(KeyOf(block), std::span(calls).first(count), thread);
}

// Before the heap looks at the block, since another thread may have it as soon as it is free.
void Recorder::Freed(const Caller& caller, const void* block) {
  if (block == nullptr) return;
  Calls calls;
  const size_t count = CallChain::Of(caller, std::span(calls).first(most_calls_));
  const u32 thread = ThisThread();
  const heap::Locked locked(lock_);
  records_.Freed(KeyOf(block), std::span(calls).first(count), thread);
}

void Recorder::Lives(const void* block) {
  const heap::Locked locked(lock_);
  records_.Lives(KeyOf(block));
}

// A thread with another number.
void Recorder::AfterForkInChild() { t_thread = 0; }

void Recorder::Report(const heap::Misuse& misuse) {
  if (!on()) return;
  Calls calls;
  const size_t count = CallChain::Of(t_caller, calls);
  const u64 tag = KeyOf(t_block) & ~Tags::Address(t_block);
  SayAll(misuse, misuse.block != 0 ? misuse.block | tag : KeyOf(t_block), std::span(calls).first(count));
}

void Recorder::ReportFault(const heap::Misuse& misuse, const void* pointer, const unwind::Frame& at) {
  if (!on()) return;
  Calls calls;
  const size_t count = CallChain::OfInterrupted(at, calls);
  SayAll(misuse, misuse.block | u64{Tags::TagOf(pointer).value} << 56, std::span(calls).first(count));
}

// Without the lock: who holds it may wait for this thread, and a record that is being written is only a wrong line.
void Recorder::SayAll(const heap::Misuse& misuse, u64 block, std::span<const u64> calls) {
  SayCalls("found", ThisThread(), calls);
  const heap::BlockRecord* record = records_.Find(block);
  if (record == nullptr) return SayNoRecord();
  SayCalls("allocated", record->allocated.thread, records_.CallsOf(record->allocated));
  if (IsAboutFreed(misuse.crime) && record->freed.thread != 0)
    SayCalls("freed", record->freed.thread, records_.CallsOf(record->freed));
}

}  // namespace caponier::hosted
