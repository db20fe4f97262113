// The C library's names.
#include <errno.h>
#include <stdlib.h>

#include "hosted/heap/process_heap.h"

#define CAPONIER_PUBLIC extern "C" __attribute__((visibility("default")))

namespace caponier::hosted {
namespace {

inline void* OrNoMemory(void* block) { return block == nullptr ? LinuxPlatform::NoMemory() : block; }

void* Aligned(size_t alignment, size_t bytes) {
  if (!std::has_single_bit(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return OrNoMemory(ProcessHeap::Get().AllocateAligned(ProcessHeap::Mine(), bytes, alignment));
}

// A thread's first call and all that is not usual, apart so that the others need no frame.
[[gnu::noinline]] void* OtherMalloc(size_t bytes) { return ProcessHeap::Get().Allocate(ProcessHeap::Mine(), bytes); }
[[gnu::noinline]] void OtherFree(void* block) { ProcessHeap::Get().Free(ProcessHeap::Mine(), block); }

// Apart, so that nothing of theirs runs on a processor that cannot.
[[gnu::noinline, CAPONIER_FAST]] void* FastMalloc(size_t bytes, caponier::heap::Cache& cache) {
  return ProcessHeap::Get().AllocateFast(cache, bytes);
}
[[gnu::noinline, CAPONIER_FAST]] void FastFree(void* block, caponier::heap::Cache& cache) {
  ProcessHeap::Get().FreeFast(cache, block);
}
[[gnu::noinline]] void* UsualMalloc(size_t bytes, caponier::heap::Cache& cache) {
  return ProcessHeap::Get().AllocateUsual(cache, bytes);
}
[[gnu::noinline]] void UsualFree(void* block, caponier::heap::Cache& cache) { ProcessHeap::Get().FreeUsual(cache, block); }

}  // namespace
}  // namespace caponier::hosted

using namespace caponier::hosted;

CAPONIER_PUBLIC void* malloc(size_t bytes) {
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  if (bytes < cache.fast_end) return FastMalloc(bytes, cache);
  return bytes < cache.usual_end ? UsualMalloc(bytes, cache) : OtherMalloc(bytes);
}
CAPONIER_PUBLIC void free(void* block) {
  // errno stays as it is (POSIX.1-2024), since nothing here sets it but a system call that fails.
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  if (cache.fast_end != 0) return FastFree(block, cache);
  return cache.usual_end != 0 ? UsualFree(block, cache) : OtherFree(block);
}
CAPONIER_PUBLIC void* calloc(size_t count, size_t bytes) {
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  size_t all;
  // What is usual is zero already.
  if (caponier::CheckedMul(count, bytes, &all) && all < cache.fast_end) return FastMalloc(all, cache);
  return OrNoMemory(ProcessHeap::Get().AllocateZeroed(ProcessHeap::Mine(), count, bytes));
}
CAPONIER_PUBLIC void* realloc(void* block, size_t bytes) {
  // As glibc: nothing is asked for, so the block goes.
  if (bytes == 0 && block != nullptr) {
    free(block);
    return nullptr;
  }
  return OrNoMemory(ProcessHeap::Get().Reallocate(ProcessHeap::Mine(), block, bytes));
}
CAPONIER_PUBLIC void* reallocarray(void* block, size_t count, size_t bytes) {
  size_t all;
  if (!caponier::CheckedMul(count, bytes, &all)) return LinuxPlatform::NoMemory();
  return realloc(block, all);
}
CAPONIER_PUBLIC void* aligned_alloc(size_t alignment, size_t bytes) { return Aligned(alignment, bytes); }
CAPONIER_PUBLIC void* memalign(size_t alignment, size_t bytes) {
  return Aligned(alignment == 0 ? 1 : std::bit_ceil(alignment), bytes);
}
CAPONIER_PUBLIC int posix_memalign(void** block, size_t alignment, size_t bytes) {
  if (!std::has_single_bit(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  void* made = ProcessHeap::Get().AllocateAligned(ProcessHeap::Mine(), bytes, alignment);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}
CAPONIER_PUBLIC void* valloc(size_t bytes) { return Aligned(caponier::kPageSize, bytes); }
CAPONIER_PUBLIC void* pvalloc(size_t bytes) {
  size_t whole;
  if (!caponier::CheckedAdd(bytes, size_t{caponier::kPageSize - 1}, &whole)) return LinuxPlatform::NoMemory();
  return Aligned(caponier::kPageSize, caponier::AlignDown(whole, caponier::kPageSize));
}
CAPONIER_PUBLIC size_t malloc_usable_size(void* block) {
  return block == nullptr ? 0 : (ProcessHeap::Mine(), ProcessHeap::Get().SizeOf(block));
}
// C23.
CAPONIER_PUBLIC void free_sized(void* block, size_t bytes) { ProcessHeap::Get().FreeSized(ProcessHeap::Mine(), block, bytes); }
CAPONIER_PUBLIC void free_aligned_sized(void* block, size_t alignment, size_t bytes) {
  ProcessHeap::Get().FreeAligned(ProcessHeap::Mine(), block, alignment, bytes);
}
