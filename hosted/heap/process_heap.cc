#include "hosted/heap/process_heap.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "hosted/heap/complain.h"
#include "hosted/heap/fault_report.h"
#include "hosted/heap/recorder.h"
#include "hosted/heap/settings_text.h"

namespace caponier::hosted {
namespace {

pthread_key_t g_at_thread_end;

// A thread that ends frees what it finds of others, seldom more than one or two; one that lives on pays for this many once.
constexpr u8 kEarlyEnds = 32;

}  // namespace

void ProcessHeap::Start() {
  const heap::Settings settings = SettingsOfProcess();
  if (!heap_.Start(settings, LinuxPlatform::StartTags(settings.tagging)).ok()) RefuseWith("no address space for a heap");
  if (pthread_key_create(&g_at_thread_end, Close) != 0) RefuseWith("no thread key for a heap");
  last_cache_ = heap_.OpenCache();
  if (last_cache_ == nullptr) RefuseWith("no memory for a heap");
  started_.store(true, std::memory_order_release);
}

void (*ProcessHeap::Enter(Purpose purpose))() {
  bool for_one_call = closed_;
  if (!for_one_call && purpose == Purpose::kEndBlock && early_ends_ < kEarlyEnds) {
    early_ends_++;
    for_one_call = true;
  }
  if (!started_.load(std::memory_order_acquire)) {
    const heap::Locked locked(start_lock_);
    if (!started_.load(std::memory_order_relaxed)) Start();
  }
  void (*leave)() = for_one_call ? CloseAfterCall : nullptr;
  // What is called from here on may allocate, which finds a cache in place.
  if (heap::Cache* cache = heap_.OpenCache(); cache != nullptr) {
    mine_ = cache;
    // If it fails a thread that ends keeps its slots, no more.
    (void)pthread_setspecific(g_at_thread_end, cache);
  } else {
    last_cache_lock_.Lock();
    mine_ = last_cache_;
    leave = GiveUpLastCache;
  }
  return leave;
}

void ProcessHeap::GiveUpLastCache() {
  mine_ = &nobodys_;
  last_cache_lock_.Unlock();
}

void ProcessHeap::Close(void* cache) {
  closed_ = true;
  CloseMine(static_cast<heap::Cache*>(cache));
}

void ProcessHeap::CloseAfterCall() {
  (void)pthread_setspecific(g_at_thread_end, nullptr);
  CloseMine(mine_);
}

void ProcessHeap::CloseMine(heap::Cache* cache) {
  mine_ = &nobodys_;  // a later call of this thread may open another
  heap_.CloseCache(cache);
}

void ProcessHeap::BeforeFork() {
  file_list_.BeforeFork();
  start_lock_.Lock();
  last_cache_lock_.Lock();
  heap_.LockAll();
  Recorder::Lock();
  FutexLock::ForkBegins();
}
void ProcessHeap::UnlockAll() {
  FutexLock::ForkEnds();
  Recorder::Unlock();
  heap_.UnlockAll();
  last_cache_lock_.Unlock();
  start_lock_.Unlock();
}
void ProcessHeap::AfterForkInParent() {
  UnlockAll();
  file_list_.AfterForkInParent();
}
void ProcessHeap::AfterForkInChild() {
  UnlockAll();
  file_list_.AfterForkInChild();
  Recorder::AfterForkInChild();
  if (mine_ != &nobodys_) mine_->ForgetBytes();  // the child draws its own
  last_cache_->ForgetBytes();
}

// Before main and before any thread: faults are reported from here on, and forks are safe.
struct ProcessHeapStarter {
  [[gnu::constructor]] static void Run() {
    const ProcessHeap::Visit visit;
    if (pthread_atfork(ProcessHeap::BeforeFork, ProcessHeap::AfterForkInParent, ProcessHeap::AfterForkInChild) != 0)
      RefuseWith("no fork handlers for a heap");
    ReportFaults();
    // Not before, since the C library is not ready to say where its modules are when it allocates for itself.
    const u32 record = ProcessHeap::Get().settings().record;
    if (record != 0 && !Recorder::Start(record)) RefuseWith("no memory for records of blocks");
  }
};

}  // namespace caponier::hosted
