// Tags of the kernel's own memory: lib/heap's, in the upper half of the address space, whose addresses have ones where a tag would stand.
#pragma once

#include "lib/heap/mte_tags.h"

namespace caponier::arch {

inline constexpr u64 kTopByte = u64{0xff} << 56;
inline constexpr u64 kUpperHalfBit = u64{1} << 55;  // which root translates an address when its top byte is ignored

// A place in the kernel as the page tables have it, whatever its top byte; anything else as it is.
constexpr u64 WithoutTag(u64 address) { return (address & kUpperHalfBit) != 0 ? address | kTopByte : address; }

struct HeapTags {
  static constexpr bool kPossible = true;
  // What an address that carries no tag is compared as. No block has it, so that such an address reaches none.
  static constexpr heap::Tag kPlain{15};

  static u64 Address(const void* pointer) { return WithoutTag(reinterpret_cast<u64>(pointer)); }
  static heap::Tag TagOf(const void* pointer) { return heap::MteTags::TagOf(pointer); }
  static void* Pointer(u64 address, heap::Tag tag) {
    return reinterpret_cast<void*>(address ^ u64{static_cast<u8>(tag.value ^ kPlain.value)} << heap::MteTags::kShift);
  }
  static void Set(u64 address, u64 bytes, heap::Tag tag) { heap::MteTags::Set(address & ~kTopByte, bytes, tag); }
  static void SetAndZero(u64 address, u64 bytes, heap::Tag tag) { heap::MteTags::SetAndZero(address & ~kTopByte, bytes, tag); }
  // That of the granule at `address`.
  static heap::Tag InMemory(u64 address) { return heap::Tag{static_cast<u8>(LoadTag(address))}; }
};

}  // namespace caponier::arch
