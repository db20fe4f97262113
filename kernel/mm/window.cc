// The windows stand in one region of kSlots pages whose leaf page table is filled by nobody else. That one table is reachable, at a
// place of its own, through the mapping stage 1 made: it is the gate through which every other table and frame is reached.
#include "kernel/mm/window.h"

#include "kernel/arch/machine.h"
#include "kernel/mm/init.h"

namespace caponier::mm {
namespace {

constexpr u32 kSlots = 64;  // nesting is a few deep: page-table walk inside a fault inside a copy inside a file read
u64* g_entries;             // the windows' page-table entries, first slot's first
u64 g_base;                 // the first slot's page
u16 g_free[kSlots];
u32 g_free_count;

}  // namespace

void InitWindows(const boot::Handoff& handoff) {
  g_base = handoff.window.begin;
  g_entries = reinterpret_cast<u64*>(handoff.window_table.begin) + (g_base >> kPageBits) % 512;
  for (u32 i = 0; i < kSlots; i++) g_free[i] = static_cast<u16>(kSlots - 1 - i);
  g_free_count = kSlots;
}

Window::Window(PhysAddr frame, Access access) {
  if (g_free_count == 0) __builtin_trap();
  slot_ = g_free[--g_free_count];
  arch::StoreEntry(
      &g_entries[slot_],
      arch::MakeLeaf(frame.page_base(), {.write = access >= kWrite, .tagged = access == kReadTagged || access == kWriteTagged}));
  arch::PublishMapping();
  data_ = reinterpret_cast<std::byte*>(g_base + slot_ * kPageSize);
}

Window::~Window() {
  arch::StoreEntry(&g_entries[slot_], 0);
  arch::FlushPage({reinterpret_cast<u64>(data_)});
  g_free[g_free_count++] = slot_;
}

}  // namespace caponier::mm
