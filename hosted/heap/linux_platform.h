// What the heap stands on in a program on Linux: mmap, the memory tags of AArch64 where the processor and the kernel have them, and
// libcaponier-random.
#pragma once

#include "hosted/heap/futex_lock.h"
#include "lib/heap/heap.h"
#include "lib/heap/mte_tags.h"

namespace caponier::hosted {

struct LinuxPlatform {
#if defined(__aarch64__)
  using Tags = heap::MteTags;
#else
  using Tags = heap::NoTags;
#endif
  using Lock = FutexLock;

  static Result<u64> Reserve(u64 bytes);
  static Result<> Commit(u64 address, u64 bytes, heap::MemoryUse use);
  static void Release(u64 address, u64 bytes);
  static void Populate(u64 address, u64 bytes);
  static void Discard(u64 address, u64 bytes);
  static void Forget(u64 address, u64 bytes);
  static void Use(u64 address, u64 bytes);
  static u64 InMemory(u64 address, u64 bytes);
  static Result<> Move(u64 from, u64 bytes, u64 to, heap::Contents contents);
  static bool TagWhenTouched(u64 address, u64 bytes, heap::Tag tag);
  static bool TagsWhenTouched() { return first_tags_; }
  static void Fill(MutableBytes output);
  static bool HasWideVectors();
  static void* NoMemory();
  [[noreturn]] static void Stop(const heap::Misuse& misuse);

  // Asks the kernel to have tags checked from here on, in this thread and those it starts; whether it does.
  static bool StartTags(heap::Tagging tagging);

 private:
  static inline constinit bool tags_started_ = false, first_tags_ = false;
};
static_assert(heap::Platform<LinuxPlatform>);

}  // namespace caponier::hosted
