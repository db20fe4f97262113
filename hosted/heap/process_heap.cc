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

}  // namespace

void ProcessHeap::Start() {
  const heap::Settings settings = SettingsOfProcess();
  if (!heap_.Start(settings, LinuxPlatform::StartTags(settings.tagging)).ok()) RefuseWith("no address space for a heap");
  if (pthread_key_create(&g_at_thread_end, Close) != 0) RefuseWith("no thread key for a heap");
  started_.store(true, std::memory_order_release);
}

heap::Cache& ProcessHeap::Open() {
  if (!started_.load(std::memory_order_acquire)) {
    const heap::Locked locked(start_lock_);
    if (!started_.load(std::memory_order_relaxed)) Start();
  }
  heap::Cache* cache = heap_.OpenCache();
  if (cache == nullptr) RefuseWith("no memory for a thread's part of the heap");
  mine_ = cache;
  // May allocate, which finds the cache in place by now. Without it a thread that ends keeps its slots, no more.
  (void)pthread_setspecific(g_at_thread_end, cache);
  return *cache;
}

void ProcessHeap::Close(void* cache) {
  mine_ = &nobodys_;  // a later destructor of this thread may open another
  closed_ = true;
  heap_.CloseCache(static_cast<heap::Cache*>(cache));
}

void ProcessHeap::CloseAgain() {
  (void)pthread_setspecific(g_at_thread_end, nullptr);
  Close(mine_);
}

void ProcessHeap::BeforeFork() {
  start_lock_.Lock();
  heap_.LockAll();
  Recorder::Lock();
}
void ProcessHeap::AfterForkInParent() {
  Recorder::Unlock();
  heap_.UnlockAll();
  start_lock_.Unlock();
}
void ProcessHeap::AfterForkInChild() {
  AfterForkInParent();
  Recorder::AfterForkInChild();
  if (mine_ != &nobodys_) mine_->ForgetBytes();  // the child draws its own
}

// Before main and before any thread: faults are reported from here on, and forks are safe.
struct ProcessHeapStarter {
  [[gnu::constructor]] static void Run() {
    ProcessHeap::Mine();
    if (pthread_atfork(ProcessHeap::BeforeFork, ProcessHeap::AfterForkInParent, ProcessHeap::AfterForkInChild) != 0)
      RefuseWith("no fork handlers for a heap");
    ReportFaults();
    // Not before, since the C library is not ready to say where its modules are when it allocates for itself.
    const u32 record = ProcessHeap::Get().settings().record;
    if (record != 0 && !Recorder::Start(record)) RefuseWith("no memory for records of blocks");
  }
};

}  // namespace caponier::hosted
