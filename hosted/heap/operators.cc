// C++'s new and delete, without a C++ library to link: what they need of it when memory is short is looked up in the program, if it
// has one, and else in what the library needs that calls.
//
// A program may replace some of these operators and leave the others to their defaults, which by the standard end in the replaced ones
// (C++23, new.delete). So each of ours that has a default in terms of another asks for that other by its public name, and uses the short way
// only where that is ours too.
#include <new>

#include "hosted/heap/complain.h"
#include "hosted/heap/end_block.h"
#include "hosted/heap/find_for_caller.h"

#define CAPONIER_PUBLIC __attribute__((visibility("default"), weak))

// std::get_new_handler and std::__throw_bad_alloc, in libstdc++'s and libc++'s spelling.
extern "C" {
[[gnu::weak]] std::new_handler _ZSt15get_new_handlerv();
[[gnu::weak]] void _ZSt17__throw_bad_allocv();
[[gnu::weak]] void _ZNSt3__117__throw_bad_allocEv();
}

namespace caponier::hosted {
namespace {

void* Try(size_t bytes, size_t alignment) {
  LinuxHeap& heap = ProcessHeap::Get();
  const ProcessHeap::Visit visit;
  return alignment == 0 ? heap.Allocate(visit.cache(), bytes) : heap.AllocateAligned(visit.cache(), bytes, alignment);
}

// What the program lacks, but the library that calls may have beside it.
template <typename Function>
Function* FindOther(const char* name, const void* caller) {
  return FindForCaller == nullptr ? nullptr : reinterpret_cast<Function*>(FindForCaller(caller, name));
}

// Calls the program's handler until there is memory or no handler.
[[gnu::noinline]] void* TryAgain(size_t bytes, size_t alignment, const void* caller) {
  auto* get_handler = _ZSt15get_new_handlerv;
  if (get_handler == nullptr) get_handler = FindOther<std::new_handler()>("_ZSt15get_new_handlerv", caller);
  for (;;) {
    const std::new_handler handler = get_handler != nullptr ? get_handler() : nullptr;
    if (handler == nullptr) return nullptr;
    handler();
    if (void* block = Try(bytes, alignment); block != nullptr) return block;
  }
}

// What `throw std::bad_alloc()` is compiled to, which any C++ library has the parts for. Comes back where there is none.
void ThrowForCaller(const void* caller) {
  auto* const allocate = FindOther<void*(size_t)>("__cxa_allocate_exception", caller);
  auto* const raise = FindOther<void(void*, void*, void (*)(void*))>("__cxa_throw", caller);
  auto* const type = FindOther<void>("_ZTISt9bad_alloc", caller);
  auto* const functions = FindOther<void*>("_ZTVSt9bad_alloc", caller);
  auto* const destroy = FindOther<void(void*)>("_ZNSt9bad_allocD1Ev", caller);
  if (allocate == nullptr || raise == nullptr || type == nullptr || functions == nullptr || destroy == nullptr) return;
  void* exception = allocate(sizeof(void*));
  *static_cast<void**>(exception) = functions + 2;  // behind the offset to the top and the type
  raise(exception, type, destroy);
}

[[noreturn, gnu::noinline]] void ThrowBadAlloc(const void* caller) {
  if (_ZSt17__throw_bad_allocv != nullptr) _ZSt17__throw_bad_allocv();
  if (_ZNSt3__117__throw_bad_allocEv != nullptr) _ZNSt3__117__throw_bad_allocEv();
  ThrowForCaller(caller);
  StopWith("operator new: out of memory");
}

inline void* New(const void* caller, size_t bytes, size_t alignment = 0) {
  void* block = Try(bytes, alignment);
  if (block == nullptr) [[unlikely]]
    block = TryAgain(bytes, alignment, caller);
  if (block == nullptr) [[unlikely]]
    ThrowBadAlloc(caller);
  return block;
}

[[gnu::noinline]] void* OtherNew(size_t bytes) {
  const void* caller = __builtin_return_address(0);
  return Recorder::Allocate(Caller::OfThisFunction(), [&] { return New(caller, bytes); });
}
[[gnu::noinline]] void* OtherNewAligned(size_t bytes, std::align_val_t alignment) {
  const void* caller = __builtin_return_address(0);
  return Recorder::Allocate(Caller::OfThisFunction(), [&] { return New(caller, bytes, static_cast<size_t>(alignment)); });
}
[[gnu::noinline]] void OtherDelete(void* block) noexcept {
  EndBlock(Caller::OfThisFunction(), block, [&](auto& cache) { ProcessHeap::Get().Free(cache, block); });
}
[[gnu::noinline]] void OtherDeleteAligned(void* block, std::align_val_t alignment) noexcept {
  EndBlock(Caller::OfThisFunction(), block, [&](auto& cache) {
    ProcessHeap::Get().FreeAligned(cache, block, static_cast<size_t>(alignment), LinuxHeap::Unsaid());
  });
}
[[gnu::noinline]] void OtherDeleteSized(void* block, size_t bytes) noexcept {
  EndBlock(Caller::OfThisFunction(), block, [&](auto& cache) { ProcessHeap::Get().FreeSized(cache, block, bytes); });
}
[[gnu::noinline]] void OtherDeleteAlignedSized(void* block, size_t bytes, std::align_val_t alignment) noexcept {
  EndBlock(Caller::OfThisFunction(), block, [&](auto& cache) {
    ProcessHeap::Get().FreeAligned(cache, block, static_cast<size_t>(alignment), LinuxHeap::Said{bytes});
  });
}

[[CAPONIER_APART]] inline void* FastNew(size_t bytes, heap::Cache& cache) {
  return ProcessHeap::Get().AllocateFastOr(cache, bytes, [bytes] { return OtherNew(bytes); });
}
[[gnu::noinline]] void* UsualNew(size_t bytes, heap::Cache& cache) {
  void* block = ProcessHeap::Get().Allocate(cache, bytes);
  return block != nullptr ? block : OtherNew(bytes);
}
[[CAPONIER_APART]] inline void FastDeleteSized(void* block, size_t bytes, heap::Cache& cache) {
  ProcessHeap::InRegister().FreeFast(cache, block, LinuxHeap::Said{bytes});
}

}  // namespace
}  // namespace caponier::hosted

using namespace caponier::hosted;
using std::align_val_t;
using std::size_t;

// The four that the others end in. Weak, so that a program linked with the static library may have its own.
CAPONIER_PUBLIC void* operator new(size_t bytes) {
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  if (bytes < cache.fast_end) return FastNew(bytes, cache);
  if (bytes < cache.usual_end) return UsualNew(bytes, cache);
  [[clang::musttail]] return OtherNew(bytes);
}
CAPONIER_PUBLIC void operator delete(void* block) noexcept {
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  if (cache.fast_end != 0) return ProcessHeap::FreeFast(block, cache);
  [[clang::musttail]] return OtherDelete(block);
}
CAPONIER_PUBLIC void* operator new(size_t bytes, align_val_t alignment) {
  if (!std::has_single_bit(static_cast<size_t>(alignment))) ThrowBadAlloc(__builtin_return_address(0));  // as libstdc++
  if (ProcessHeap::IsUnusual()) [[clang::musttail]]
    return OtherNewAligned(bytes, alignment);
  return New(__builtin_return_address(0), bytes, static_cast<size_t>(alignment));
}
CAPONIER_PUBLIC void operator delete(void* block, align_val_t alignment) noexcept {
  if (ProcessHeap::IsUnusual()) [[clang::musttail]]
    return OtherDeleteAligned(block, alignment);
  ProcessHeap::Get().FreeAligned(ProcessHeap::MineOrNobodys(), block, static_cast<size_t>(alignment), LinuxHeap::Unsaid());
}

namespace caponier::hosted {
namespace {

// The same functions under names that no program can take.
extern "C" {
[[gnu::alias("_ZdlPv"), gnu::visibility("hidden")]] void caponier_heap_delete(void*) noexcept;
[[gnu::alias("_ZdlPvSt11align_val_t"), gnu::visibility("hidden")]] void caponier_heap_delete_aligned(void*, align_val_t) noexcept;
}

// Whether the program's operators are ours, as its linker resolved them.
bool DeleteIsOurs() { return static_cast<void (*)(void*) noexcept>(&::operator delete) == caponier_heap_delete; }
bool AlignedDeleteIsOurs() {
  return static_cast<void (*)(void*, align_val_t) noexcept>(&::operator delete) == caponier_heap_delete_aligned;
}

}  // namespace
}  // namespace caponier::hosted

CAPONIER_PUBLIC void* operator new[](size_t bytes) { [[clang::musttail]] return ::operator new(bytes); }
CAPONIER_PUBLIC void* operator new[](size_t bytes, align_val_t alignment) {
  [[clang::musttail]] return ::operator new(bytes, alignment);
}
CAPONIER_PUBLIC void operator delete[](void* block) noexcept { [[clang::musttail]] return ::operator delete(block); }
CAPONIER_PUBLIC void operator delete[](void* block, align_val_t alignment) noexcept {
  [[clang::musttail]] return ::operator delete(block, alignment);
}
CAPONIER_PUBLIC void operator delete(void* block, size_t bytes) noexcept {
  if (!DeleteIsOurs()) return ::operator delete(block);
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  if (cache.fast_end != 0) return FastDeleteSized(block, bytes, cache);
  [[clang::musttail]] return OtherDeleteSized(block, bytes);
}
CAPONIER_PUBLIC void operator delete[](void* block, size_t bytes) noexcept {
  if (!DeleteIsOurs()) return ::operator delete(block);
  caponier::heap::Cache& cache = ProcessHeap::MineOrNobodys();
  if (cache.fast_end != 0) return FastDeleteSized(block, bytes, cache);
  [[clang::musttail]] return OtherDeleteSized(block, bytes);
}
CAPONIER_PUBLIC void operator delete(void* block, size_t bytes, align_val_t alignment) noexcept {
  if (!AlignedDeleteIsOurs()) return ::operator delete(block, alignment);
  [[clang::musttail]] return OtherDeleteAlignedSized(block, bytes, alignment);
}
CAPONIER_PUBLIC void operator delete[](void* block, size_t bytes, align_val_t alignment) noexcept {
  if (!AlignedDeleteIsOurs()) return ::operator delete(block, alignment);
  [[clang::musttail]] return OtherDeleteAlignedSized(block, bytes, alignment);
}
