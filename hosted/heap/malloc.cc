// The C library's names.
#include <errno.h>
#include <stdlib.h>

#include "hosted/heap/end_block.h"

#define CAPONIER_PUBLIC extern "C" __attribute__((visibility("default")))

namespace caponier::hosted {
namespace {

inline void* OrNoMemory(void* block) { return block == nullptr ? LinuxPlatform::NoMemory() : block; }

[[gnu::always_inline]] inline void* Aligned(const Caller& caller, size_t alignment, size_t bytes) {
  if (!std::has_single_bit(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  const ProcessHeap::Visit visit;
  return OrNoMemory(
      Recorder::Allocate(caller, [&] { return ProcessHeap::Get().AllocateAligned(visit.cache(), bytes, alignment); }));
}
[[gnu::always_inline]] inline void* Resize(const Caller& caller, void* block, size_t bytes) {
  const ProcessHeap::Visit visit;
  // As glibc: nothing is asked for, so the block goes.
  if (bytes == 0 && block != nullptr) {
    Recorder::Free(caller, block, [&] { ProcessHeap::Get().Free(visit.cache(), block); });
    return nullptr;
  }
  return OrNoMemory(
      Recorder::Reallocate(caller, block, [&] { return ProcessHeap::Get().Reallocate(visit.cache(), block, bytes); }));
}

// All that is not usual, apart so that the others need no frame.
[[gnu::noinline]] void* OtherMalloc(size_t bytes) {
  const ProcessHeap::Visit visit;
  return Recorder::Allocate(Caller::OfThisFunction(), [&] { return ProcessHeap::Get().Allocate(visit.cache(), bytes); });
}
[[gnu::noinline]] void OtherFree(void* block) {
  EndBlock(Caller::OfThisFunction(), block, [&](auto& cache) { ProcessHeap::Get().Free(cache, block); });
}
[[gnu::noinline]] void* OtherCalloc(size_t count, size_t bytes) {
  const ProcessHeap::Visit visit;
  return OrNoMemory(Recorder::Allocate(Caller::OfThisFunction(),
                                       [&] { return ProcessHeap::Get().AllocateZeroed(visit.cache(), count, bytes); }));
}
[[gnu::noinline]] void* OtherRealloc(void* block, size_t bytes) { return Resize(Caller::OfThisFunction(), block, bytes); }

[[CAPONIER_APART]] inline void* FastMalloc(size_t bytes, caponier::heap::Cache& cache) {
  return ProcessHeap::Get().AllocateFast(cache, bytes);
}
[[maybe_unused, CAPONIER_APART]] inline void* LongerMalloc(size_t bytes, caponier::heap::Cache& cache) {
  return ProcessHeap::Get().AllocateLonger(cache, bytes);
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
  if constexpr (LinuxHeap::kHasLonger) {
    if (bytes < cache.longer_end) return LongerMalloc(bytes, cache);
  }
  if (bytes < cache.usual_end) return UsualMalloc(bytes, cache);
  [[clang::musttail]] return OtherMalloc(bytes);  // whose caller is ours
}
CAPONIER_PUBLIC void free(void* block) {
  // errno stays as it is (POSIX.1-2024): system calls are those of LinuxPlatform and FutexLock, which keep it.
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  if (cache.fast_end != 0) return ProcessHeap::FreeFast(block, cache);
  if (cache.usual_end != 0) return UsualFree(block, cache);
  [[clang::musttail]] return OtherFree(block);
}
CAPONIER_PUBLIC void* calloc(size_t count, size_t bytes) {
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  size_t all;
  // What is usual is zero already.
  if (caponier::CheckedMul(count, bytes, &all)) {
    if (all < cache.fast_end) return FastMalloc(all, cache);
    if constexpr (LinuxHeap::kHasLonger) {
      if (all < cache.longer_end) return LongerMalloc(all, cache);
    }
  }
  [[clang::musttail]] return OtherCalloc(count, bytes);
}
CAPONIER_PUBLIC [[gnu::noinline]] void* realloc(void* block, size_t bytes) {
  if (ProcessHeap::IsUnusual()) [[clang::musttail]]
    return OtherRealloc(block, bytes);
  // As glibc: nothing is asked for, so the block goes.
  if (bytes == 0 && block != nullptr) {
    free(block);
    return nullptr;
  }
  return OrNoMemory(ProcessHeap::Get().Reallocate(ProcessHeap::MineOrNobodys(), block, bytes));
}
// By realloc's public name, as glibc's: a program that has a malloc of its own, and valgrind, may have left this one out.
CAPONIER_PUBLIC void* reallocarray(void* block, size_t count, size_t bytes) {
  size_t all;
  if (!caponier::CheckedMul(count, bytes, &all)) return LinuxPlatform::NoMemory();
  return realloc(block, all);
}
CAPONIER_PUBLIC void* aligned_alloc(size_t alignment, size_t bytes) {
  return Aligned(Caller::OfThisFunction(), alignment, bytes);
}
CAPONIER_PUBLIC void* memalign(size_t alignment, size_t bytes) {
  constexpr size_t kMost = (~size_t{0} >> 1) + 1;
  const size_t rounded = alignment == 0 ? 1 : alignment > kMost ? 0 : std::bit_ceil(alignment);  // 0: refused, as no power of two
  return Aligned(Caller::OfThisFunction(), rounded, bytes);
}
CAPONIER_PUBLIC int posix_memalign(void** block, size_t alignment, size_t bytes) {
  if (!std::has_single_bit(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  const ProcessHeap::Visit visit;
  void* made = Recorder::Allocate(Caller::OfThisFunction(),
                                  [&] { return ProcessHeap::Get().AllocateAligned(visit.cache(), bytes, alignment); });
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}
CAPONIER_PUBLIC void* valloc(size_t bytes) { return Aligned(Caller::OfThisFunction(), caponier::kPageSize, bytes); }
CAPONIER_PUBLIC void* pvalloc(size_t bytes) {
  size_t whole;
  if (!caponier::CheckedAdd(bytes, size_t{caponier::kPageSize - 1}, &whole)) return LinuxPlatform::NoMemory();
  return Aligned(Caller::OfThisFunction(), caponier::kPageSize, caponier::AlignDown(whole, caponier::kPageSize));
}
CAPONIER_PUBLIC size_t malloc_usable_size(void* block) {
  if (block == nullptr) return 0;
  const ProcessHeap::Visit visit;
  return Recorder::Use(Caller::OfThisFunction(), block, [&] { return ProcessHeap::Get().SizeOf(block); });
}
// C23.
CAPONIER_PUBLIC void free_sized(void* block, size_t bytes) {
  EndBlock(Caller::OfThisFunction(), block, [&](auto& cache) { ProcessHeap::Get().FreeSized(cache, block, bytes); });
}
CAPONIER_PUBLIC void free_aligned_sized(void* block, size_t alignment, size_t bytes) {
  EndBlock(Caller::OfThisFunction(), block,
           [&](auto& cache) { ProcessHeap::Get().FreeAligned(cache, block, alignment, LinuxHeap::Said{bytes}); });
}

// Other names that glibc shows of the same functions. A program that has its own malloc in terms of __libc_malloc, or was built when there was
// cfree, would mix two heaps. Not through the public names, which such a program may have taken.
#if defined(__GLIBC__)
#define CAPONIER_ALIAS(name) extern "C" __attribute__((visibility("default"), alias(#name)))
CAPONIER_ALIAS(malloc) void* __libc_malloc(size_t);
CAPONIER_ALIAS(calloc) void* __libc_calloc(size_t, size_t);
CAPONIER_ALIAS(realloc) void* __libc_realloc(void*, size_t);
CAPONIER_ALIAS(memalign) void* __libc_memalign(size_t, size_t);
CAPONIER_ALIAS(valloc) void* __libc_valloc(size_t);
CAPONIER_ALIAS(pvalloc) void* __libc_pvalloc(size_t);
CAPONIER_ALIAS(free) void __libc_free(void*);
CAPONIER_ALIAS(free) void cfree(void*);
#endif
