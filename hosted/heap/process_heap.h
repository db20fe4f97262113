// The heap of this process, and what each of its threads has of it.
#pragma once

#include "hosted/heap/linux_platform.h"

// Of functions that are the heap's fast ones, so that nothing of theirs runs on a processor that cannot; where all can, they are in the functions
// that programs call.
#if defined(__x86_64__)
#define CAPONIER_APART gnu::noinline, CAPONIER_FAST
#else
#define CAPONIER_APART gnu::always_inline
#endif

namespace caponier::hosted {

using LinuxHeap = heap::Heap<LinuxPlatform>;

class ProcessHeap {
 public:
  static LinuxHeap& Get() { return heap_; }
  // The same, with its address taken once, where each use would take it again.
  static LinuxHeap& InRegister() {
    LinuxHeap* heap = &heap_;
#if defined(__aarch64__)
    asm("" : "+r"(heap));
#endif
    return *heap;
  }
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

  // Where cache.fast_end is not 0.
  [[CAPONIER_APART]] static void FreeFast(void* block, heap::Cache& cache) {
    InRegister().FreeFast(cache, block, LinuxHeap::kUnsaid);
  }

  // A free that may be the thread's last call of all, after its cache was closed: the C library frees what is its own then. Who opens a cache
  // for it closes it.
  class Visit {
   public:
    Visit() : ended_(mine_ == &nobodys_ && closed_), cache_(Mine()) {}
    ~Visit() {
      if (ended_) CloseAgain();
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    heap::Cache& cache() const { return cache_; }

   private:
    bool ended_;
    heap::Cache& cache_;
  };

 private:
  friend struct ProcessHeapStarter;
  [[gnu::noinline]] static heap::Cache& Open();
  static void Start();
  static void Close(void* cache);
  static void CloseAgain();
  static void BeforeFork();
  static void AfterForkInParent();
  static void AfterForkInChild();

  static inline constinit LinuxHeap heap_;
  static inline constinit FutexLock start_lock_;
  static inline constinit std::atomic<bool> started_ = false;
  static inline constinit heap::Cache nobodys_ = {};
  static inline constinit thread_local heap::Cache* mine_ = &nobodys_;
  static inline constinit thread_local bool closed_ = false;
};

}  // namespace caponier::hosted
