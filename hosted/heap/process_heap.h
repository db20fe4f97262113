// The heap of this process, and what each of its threads has of it.
#pragma once

#include "hosted/heap/linux_platform.h"

namespace caponier::hosted {

using LinuxHeap = heap::Heap<LinuxPlatform>;

class ProcessHeap {
 public:
  static LinuxHeap& Get() { return heap_; }
  // The calling thread's cache; the first call of all starts the heap.
  static heap::Cache& Mine() {
    heap::Cache* cache = mine_;
    if (cache == &nobodys_) [[unlikely]]
      return Open();
    return *cache;
  }
  // Before the thread's first call, and after its end, a cache in which nothing is usual.
  static heap::Cache& MineOrNobodys() { return *mine_; }
  // Whether it is the thread's first call, or a setting is not the default.
  static bool IsUnusual() { return mine_->usual_end == 0; }

 private:
  friend struct ProcessHeapStarter;
  [[gnu::noinline]] static heap::Cache& Open();
  static void Start();
  static void Close(void* cache);
  static void BeforeFork();
  static void AfterForkInParent();
  static void AfterForkInChild();

  static inline constinit LinuxHeap heap_;
  static inline constinit FutexLock start_lock_;
  static inline constinit std::atomic<bool> started_ = false;
  static inline constinit heap::Cache nobodys_ = {};
  static inline constinit thread_local heap::Cache* mine_ = &nobodys_;
};

}  // namespace caponier::hosted
