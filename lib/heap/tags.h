// Where tags are kept, as the heap needs it. Real ones are lib/heap/mte_tags.h; tests have simulated ones; NoTags is for machines
// without, where the heap's other checks remain.
#pragma once

#include <concepts>

#include "lib/heap/tag_policy.h"

namespace caponier::heap {

template <typename T>
concept TagStore = requires(void* pointer, const void* reading, u64 address, u64 bytes, Tag tag) {
  // Whether there can be tags at all; whether there are is the heap's setting.
  { T::kPossible } -> std::convertible_to<bool>;
  { T::Address(reading) } -> std::same_as<u64>;  // without the tag
  { T::TagOf(reading) } -> std::same_as<Tag>;
  { T::Pointer(address, tag) } -> std::same_as<void*>;
  // Tags `bytes`, a multiple of granules at a granule's start, and sets them to zero too.
  { T::Set(address, bytes, tag) };
  { T::SetAndZero(address, bytes, tag) };
  // The pointer as this machine can follow it: the same one where the hardware checks.
  { T::Reach(pointer) } -> std::same_as<void*>;
};

struct NoTags {
  static constexpr bool kPossible = false;
  static u64 Address(const void* pointer) { return reinterpret_cast<u64>(pointer); }
  static Tag TagOf(const void*) { return kFreeTag; }
  static void* Pointer(u64 address, Tag) { return reinterpret_cast<void*>(address); }
  static void Set(u64, u64, Tag) {}
  static void SetAndZero(u64 address, u64 bytes, Tag) { __builtin_memset(reinterpret_cast<void*>(address), 0, bytes); }
  static void* Reach(void* pointer) { return pointer; }
};
static_assert(TagStore<NoTags>);

}  // namespace caponier::heap
