// How a slot takes a tag while others take theirs for its neighbours, without a lock.
#pragma once

#include <atomic>

#include "lib/heap/tag_select.h"

namespace caponier::heap {

// `own` is the slot's tag of the moment, free, between its neighbours'. A tag is claimed by writing it down before looking at the neighbours
// once more: of two threads that claim one tag for two neighbours at once, at least one sees the other's claim, takes its own back
// and draws again. The free tag when none is left, when another byte has to be drawn, or when a neighbour was in the way. T is
// std::atomic<u8>, or a test's.
template <typename T>
Tag TryClaimTag(T& left, T& own, T& right, TagSet used, u8 byte) {
  const TagSet allowed = AllowedTags(used, Tag{left.load(std::memory_order_acquire)}, Tag{right.load(std::memory_order_acquire)});
  if (allowed.empty()) [[unlikely]]
    return kFreeTag;
  const Tag tag = SelectTag(allowed, byte);
  if (tag == kFreeTag) [[unlikely]]
    return kFreeTag;
  own.store(tag.value, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (left.load(std::memory_order_seq_cst) != tag.value && right.load(std::memory_order_seq_cst) != tag.value) [[likely]]
    return tag;
  own.store(kFreeTag.value, std::memory_order_seq_cst);
  return kFreeTag;
}

// Until there is one, or none is left: the free tag.
template <typename T, typename NextByte>
Tag ClaimTag(T& left, T& own, T& right, TagSet used, NextByte&& next) {
  for (;;) {
    const TagSet allowed =
        AllowedTags(used, Tag{left.load(std::memory_order_acquire)}, Tag{right.load(std::memory_order_acquire)});
    if (allowed.empty()) return kFreeTag;
    if (const Tag tag = TryClaimTag(left, own, right, used, next()); tag != kFreeTag) return tag;
  }
}

}  // namespace caponier::heap
