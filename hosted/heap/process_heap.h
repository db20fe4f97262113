// The heap of this process, and what each of its threads has of it.
#pragma once

#include "hosted/heap/file_list.h"
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
  // Before the thread's first call, and after its end, a cache in which nothing is usual.
  static heap::Cache& MineOrNobodys() { return *mine_; }
  // Whether it is the thread's first call, or a setting is not the default.
  static bool IsUnusual() { return mine_->usual_end == 0; }

  // Where cache.fast_end is not 0.
  [[CAPONIER_APART]] static void FreeFast(void* block, heap::Cache& cache) {
    InRegister().FreeFast(cache, block, LinuxHeap::Unsaid());
  }

  // The calling thread's cache for one call; the first of all starts the heap. A thread without one gets one of its own, which stays, unless
  // its cache was closed already, since the C library frees what is its own after that: then who opens one closes it. So it is too for the first
  // blocks that a thread ends before it has made any: it may be at its end, where nothing tells of that. Where there is no memory for one, the
  // thread waits for the one that is kept for that.
  enum class Purpose : u8 { kAny, kEndBlock };
  class Visit {
   public:
    explicit Visit(Purpose purpose = Purpose::kAny) {
      if (mine_ == &nobodys_) [[unlikely]]
        leave_ = Enter(purpose);
    }
    ~Visit() {
      if (leave_ != nullptr) [[unlikely]]
        leave_();
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    heap::Cache& cache() const { return *mine_; }

   private:
    void (*leave_)() = nullptr;
  };

 private:
  friend struct ProcessHeapStarter;
  // What is to be done when the visit ends, or null.
  [[gnu::noinline]] static void (*Enter(Purpose purpose))();
  static void Start();
  static void Close(void* cache);
  static void CloseAfterCall();
  static void CloseMine(heap::Cache* cache);
  static void GiveUpLastCache();
  static void UnlockAll();
  static void BeforeFork();
  static void AfterForkInParent();
  static void AfterForkInChild();

  static inline constinit LinuxHeap heap_;
  static inline constinit FileList file_list_;
  static inline constinit FutexLock start_lock_;
  static inline constinit std::atomic<bool> started_ = false;
  static inline constinit heap::Cache* last_cache_ = nullptr;  // whose the lock's holder has it
  static inline constinit FutexLock last_cache_lock_;
  static inline constinit heap::Cache nobodys_ = {};
  static inline constinit thread_local heap::Cache* mine_ = &nobodys_;
  static inline constinit thread_local bool closed_ = false;
  static inline constinit thread_local u8 early_ends_ = 0;  // blocks ended before the thread has had a cache that stays
};

}  // namespace caponier::hosted
