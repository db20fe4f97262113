// Tags of AArch64's memory tagging extension. A pointer carries its own in bits 59 to 56, and the processor compares at each access.
#pragma once

#if defined(__aarch64__)

#include "lib/arch/arm_memory_tags.h"
#include "lib/heap/size_class.h"
#include "lib/heap/tags.h"

namespace caponier::heap {

struct MteTags {
  static constexpr bool kPossible = true;
  static constexpr int kShift = 56;
  static constexpr u64 kAddressMask = (u64{1} << kShift) - 1;

  static u64 Address(const void* pointer) { return reinterpret_cast<u64>(pointer) & kAddressMask; }
  static Tag TagOf(const void* pointer) { return Tag{static_cast<u8>(reinterpret_cast<u64>(pointer) >> kShift & 15)}; }
  static void* Pointer(u64 address, Tag tag) { return reinterpret_cast<void*>(address | u64{tag.value} << kShift); }
  static void* Reach(void* pointer) { return pointer; }

  [[gnu::always_inline]] static void Set(u64 address, u64 bytes, Tag tag) {
    Each(address | u64{tag.value} << kShift, bytes, arch::StoreTag, arch::StoreTags2, arch::StoreTagBlock);
  }
  [[gnu::always_inline]] static void SetAndZero(u64 address, u64 bytes, Tag tag) {
    Each(address | u64{tag.value} << kShift, bytes, arch::StoreTagAndZero, arch::StoreTags2AndZero, arch::StoreTagBlockAndZero);
  }

 private:
  static constexpr u64 kTurn = 8 * kGranule;
  // Below this, finding the blocks' borders costs more than they save.
  static constexpr u64 kWorthBlocks = 8 * kTurn;

  template <typename One, typename Two, typename Block>
  [[gnu::always_inline]] static void Each(u64 at, u64 bytes, One one, Two two, Block block) {
    const u64 tag = at;
    if (bytes > kTurn - kGranule) [[unlikely]] {
      if (bytes >= kWorthBlocks) {
        const u64 end = at + bytes;
        if (const u64 step = arch::ZeroBlockBytes(); step >= kGranule && 2 * step <= bytes) {
          for (; !IsAligned(at, step); at += kGranule) one(at);
          for (; end - at >= step; at += step) block(at);
        }
        while (end - at >= kWorthBlocks) {
          for (int i = 0; i < 8; i++) two(at, tag);
        }
        bytes = end - at;
      }
      if ((bytes & kTurn) != 0) {
        for (int i = 0; i < 4; i++) two(at, tag);
      }
      if ((bytes & 2 * kTurn) != 0) {
        for (int i = 0; i < 8; i++) two(at, tag);
      }
      if ((bytes & 4 * kTurn) != 0) {
        for (int i = 0; i < 16; i++) two(at, tag);
      }
    }
    if ((bytes & 4 * kGranule) != 0) {
      two(at, tag);
      two(at, tag);
    }
    if ((bytes & 2 * kGranule) != 0) two(at, tag);
    if ((bytes & kGranule) != 0) one(at);
  }
};
static_assert(TagStore<MteTags>);

}  // namespace caponier::heap

#endif
