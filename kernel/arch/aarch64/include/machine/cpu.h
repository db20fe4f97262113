// Single instructions of the machine. TLB maintenance is local: one CPU runs; with more, FlushPage and SetUserPageTable become the
// inner-shareable forms (`vaae1is`, `dsb ish`).
#pragma once

#include <cstddef>

#include "lib/base/types.h"

namespace caponier::arch {

inline void DisableInterrupts() { asm volatile("msr daifset, #2" ::: "memory"); }
// Sleeps until an interrupt has been handled; interrupts are off again on return. WFI wakes for a masked interrupt, so none is
// lost between the test that led here and the sleep.
inline void WaitForInterrupt() { asm volatile("dsb sy; wfi; msr daifclr, #2; isb; msr daifset, #2" ::: "memory"); }
// In a loop that waits for a device.
inline void SpinHint() { asm volatile("yield"); }
inline void FlushPage(VirtAddr address) {
  // The operand is bits 55 to 12: an address tag in the top byte falls away [arm-arm] C5.5.
  const u64 page = (address.value >> kPageBits) & ((u64{1} << 44) - 1);
  asm volatile("dsb nshst; tlbi vaae1, %0; dsb nsh; isb" ::"r"(page) : "memory");
}
// After a page-table entry went from absent to present: nothing is cached for absent pages, but the store must reach the walker
// and the barrier must come before the next access [arm-arm] D8.14.1.
inline void PublishMapping() { asm volatile("dsb ishst; isb" ::: "memory"); }
inline u64 CycleCounter() {
  u64 value;
  asm volatile("isb; mrs %0, cntvct_el0" : "=r"(value)::"memory");
  return value;
}
// Program pages are not global and all carry ASID 0: another root makes the cached ones stale, kernel pages stay.
inline void SetUserPageTable(PhysAddr root) {
  u64 current;
  asm volatile("mrs %0, ttbr0_el1" : "=r"(current));
  if (current == root.value) return;
  asm volatile("dsb ishst; msr ttbr0_el1, %0; isb; tlbi aside1, xzr; dsb nsh; isb" ::"r"(root.value) : "memory");
}
// The roots of the tables in use, without what the registers hold beside them (ASID, CnP).
inline PhysAddr ProgramRoot() {
  u64 root;
  asm volatile("mrs %0, ttbr0_el1" : "=r"(root));
  return {root & 0x0000'ffff'ffff'f000};
}
inline PhysAddr KernelRoot() {
  u64 root;
  asm volatile("mrs %0, ttbr1_el1" : "=r"(root));
  return {root & 0x0000'ffff'ffff'f000};
}
// The gate to the windows' page table (kernel/mm/window.h): a root of its own for the lower half, which holds that table and nothing else, at an
// address that no program has. It carries the program's ASID, so what is cached of the way to that address goes at each change [arm-arm] D8.16.
inline constexpr u64 kGatePage = 0x8000;
[[gnu::section(".data.rel.ro")]] extern u64 g_gate_root;
inline void ChangeLowerRoot(u64 root) {
  asm volatile("msr ttbr0_el1, %0; isb; tlbi vae1, %1; dsb nsh; isb" ::"r"(root), "r"(kGatePage >> kPageBits) : "memory");
}
inline u64 OpenGate() {
  u64 outside;
  asm volatile("mrs %0, ttbr0_el1" : "=r"(outside));
  ChangeLowerRoot(g_gate_root);
  return outside;
}
inline void CloseGate(u64 outside) { ChangeLowerRoot(outside); }
// 64-bit store to a page-table slot that hardware may be walking.
inline void StoreEntry(u64* slot, u64 entry) { __atomic_store_n(slot, entry, __ATOMIC_RELEASE); }
// Zeroes / copies one page through mapped addresses.
inline void ZeroPage(std::byte* page) { __builtin_memset(page, 0, kPageSize); }
inline void CopyPage(std::byte* to, const std::byte* from) { __builtin_memcpy(to, from, kPageSize); }
// A page about to carry MTE tags, through mappings of the tagged kind: zero data and one tag everywhere; data and tags copied.
void ZeroTaggedPage(std::byte* page, u8 tag);
void CopyTaggedPage(std::byte* to, const std::byte* from);
// Zero tags under data that stays.
void ClearTags(std::byte* page);
// The tag of the granule at `offset` of a frame, for crash reports.
u64 ReadMemoryTag(PhysAddr frame, u64 offset);
// Makes the contents of a page, just written, what the CPU will fetch from it.
void SyncInstructions(const std::byte* page);

}  // namespace caponier::arch
