// The instructions of FEAT_MTE that set and read tags, any privilege's when the processor has them [arm-arm] D10. Addresses are multiples of 16 and carry
// the tag in bits 59 to 56; none of these accesses is checked itself.
#pragma once

#if defined(__aarch64__)

#include "lib/base/types.h"

namespace caponier::arch {

// One granule.
inline void StoreTag(u64 tagged) { asm volatile(".arch_extension memtag\n\tstg %0, [%0]" : : "r"(tagged) : "memory"); }
// Two, of `tag`'s tag, and a step behind them.
inline void StoreTags2(u64& at, u64 tag) {
  asm volatile(".arch_extension memtag\n\tst2g %1, [%0], #32" : "+r"(at) : "r"(tag) : "memory");
}
// The same, and zeros into the memory.
inline void StoreTagAndZero(u64 tagged) { asm volatile(".arch_extension memtag\n\tstzg %0, [%0]" : : "r"(tagged) : "memory"); }
inline void StoreTags2AndZero(u64& at, u64 tag) {
  asm volatile(".arch_extension memtag\n\tstz2g %1, [%0], #32" : "+r"(at) : "r"(tag) : "memory");
}
// A whole block of ZeroBlockBytes, at a multiple of that.
inline void StoreTagBlock(u64 tagged) { asm volatile(".arch_extension memtag\n\tdc gva, %0" : : "r"(tagged) : "memory"); }
inline void StoreTagBlockAndZero(u64 tagged) { asm volatile(".arch_extension memtag\n\tdc gzva, %0" : : "r"(tagged) : "memory"); }

// The tag of the granule at `address`, whose own tag does not matter.
inline u64 LoadTag(u64 address) {
  asm volatile(".arch_extension memtag\n\tldg %0, [%0]" : "+r"(address) : : "memory");
  return address >> 56 & 15;
}

// DCZID_EL0: never assumed, QEMU's programs see 512 and its machines 64. 0 when the block instructions are not to be used.
inline u64 ZeroBlockBytes() {
  u64 id;
  asm volatile("mrs %0, dczid_el0" : "=r"(id));
  return (id & 16) != 0 ? 0 : u64{4} << (id & 15);
}

}  // namespace caponier::arch

#endif
