// Single instructions of the machine.
#pragma once

#include "lib/base/types.h"

namespace caponier::arch {

inline void SpinHint() { asm volatile("pause"); }
inline void DisableInterrupts() { asm volatile("cli" ::: "memory"); }
// Sleeps until an interrupt has been handled; interrupts are off again on return.
inline void WaitForInterrupt() { asm volatile("sti; hlt; cli" ::: "memory"); }
inline void FlushPage(VirtAddr address) { asm volatile("invlpg (%0)" ::"r"(address.value) : "memory"); }
// After a page-table entry went from absent to present: nothing is cached for absent pages [intel-sdm] vol. 3A 4.10.2.3.
inline void PublishMapping() { asm volatile("" ::: "memory"); }
inline u64 CycleCounter() {
  u32 low, high;
  asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
  return u64{high} << 32 | low;
}
inline void SetUserPageTable(PhysAddr root) { asm volatile("mov %0, %%cr3" ::"r"(root.value) : "memory"); }
// The roots of the tables in use; one here serves both halves.
inline PhysAddr ProgramRoot() {
  u64 root;
  asm volatile("mov %%cr3, %0" : "=r"(root));
  return PhysAddr{root}.page_base();
}
inline PhysAddr KernelRoot() { return ProgramRoot(); }
// The gate to the windows' page table (kernel/mm/window.h), which is mapped read-only: CR0.WP is off while it is open. A program's pages are
// out of reach all the same (SMAP). Nothing that is cached depends on the bit [intel-sdm] vol. 3A 4.10.4.1.
inline void SetWriteProtection(bool on) {
  u64 control;
  asm volatile("mov %%cr0, %0" : "=r"(control)::"memory");
  constexpr u64 kWriteProtect = u64{1} << 16;
  asm volatile("mov %0, %%cr0" ::"r"(on ? control | kWriteProtect : control & ~kWriteProtect) : "memory");
}
inline u64 OpenGate() {
  SetWriteProtection(false);
  return 0;
}
inline void CloseGate(u64) { SetWriteProtection(true); }
// 64-bit store to a page-table slot that hardware may be walking.
inline void StoreEntry(u64* slot, u64 entry) { __atomic_store_n(slot, entry, __ATOMIC_RELEASE); }
// Zeroes / copies one page through mapped addresses.
inline void ZeroPage(std::byte* page) { __builtin_memset(page, 0, kPageSize); }
inline void CopyPage(std::byte* to, const std::byte* from) { __builtin_memcpy(to, from, kPageSize); }
// A page about to carry MTE tags: zero data and one tag everywhere. No tags on this machine.
inline void ZeroTaggedPage(std::byte* page, u8) { ZeroPage(page); }
inline void CopyTaggedPage(std::byte* to, const std::byte* from) { CopyPage(to, from); }

inline void ClearTags(std::byte*) {}
inline u64 ReadMemoryTag(PhysAddr, u64) { return 0; }
// Makes the contents of a page, just written, what the CPU will fetch from it. Coherent on this machine.
inline void SyncInstructions(const std::byte*) {}

}  // namespace caponier::arch
