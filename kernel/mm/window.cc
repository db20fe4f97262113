// The windows stand in one region of kSlots pages whose leaf page table is filled by nobody else.
#include "kernel/mm/window.h"

#include "kernel/arch/machine.h"
#include "kernel/mm/init.h"

namespace caponier::mm {

[[gnu::section(".data.rel.ro")]] u64 g_window_base;
[[gnu::section(".data.rel.ro")]] u64* g_window_entries;

namespace {

constexpr u32 kSlots = 64;  // nesting is a few deep: page-table walk inside a fault inside a copy inside a file read
u16 g_free[kSlots];
u32 g_free_count;
u32 g_gates;  // that live; the first one opens, the last one closes

}  // namespace

void InitWindows() {
  for (u32 i = 0; i < kSlots; i++) g_free[i] = static_cast<u16>(kSlots - 1 - i);
  g_free_count = kSlots;
}

Gate::Gate() {
  if (g_gates++ == 0) outside_ = arch::OpenGate();
}

Gate::~Gate() {
  if (--g_gates == 0) arch::CloseGate(outside_);
}

Window::Window(PhysAddr frame, Access access) {
  if (g_free_count == 0) __builtin_trap();
  slot_ = g_free[--g_free_count];
  const Gate gate;
  arch::StoreEntry(
      &g_window_entries[slot_],
      arch::MakeLeaf(frame.page_base(), {.write = access >= kWrite, .tagged = access == kReadTagged || access == kWriteTagged}));
  arch::PublishMapping();
  data_ = reinterpret_cast<std::byte*>(g_window_base + slot_ * kPageSize);
}

Window::~Window() {
  {
    const Gate gate;
    arch::StoreEntry(&g_window_entries[slot_], 0);
  }
  arch::FlushPage({reinterpret_cast<u64>(data_)});
  g_free[g_free_count++] = slot_;
}

}  // namespace caponier::mm
