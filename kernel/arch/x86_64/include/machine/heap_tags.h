// This machine has no tags.
#pragma once

#include "lib/heap/tags.h"

namespace caponier::arch {

constexpr u64 WithoutTag(u64 address) { return address; }

struct HeapTags : heap::NoTags {
  static constexpr heap::Tag kPlain{};
  static heap::Tag InMemory(u64) { return heap::kFreeTag; }
};

}  // namespace caponier::arch
