#include "kernel/mm/page_tables.h"

#include "kernel/arch/machine.h"
#include "kernel/mm/frames.h"
#include "kernel/mm/kernel_space.h"
#include "kernel/mm/window.h"

namespace caponier::mm {
namespace {

constexpr int TopLevel() { return arch::PageTableLevels() - 1; }
constexpr u64 Index(u64 address, int level) { return address >> (kPageBits + 9 * level) & 511; }
constexpr u64 Span(int level) { return u64{1} << (kPageBits + 9 * level); }  // bytes under one entry of a table at `level`
constexpr bool IsKernel(u64 address) { return address >= arch::KernelBase(); }

// On a machine whose root serves both halves, a new kernel table must appear in the program's root too.
PhysAddr g_program_root;

u64 ReadEntry(PhysAddr table, u64 index) {
  Window window(table, Window::kRead);
  return window.as<u64>()[index];
}
void WriteEntry(PhysAddr table, u64 index, u64 entry) {
  Window window(table, Window::kWrite);
  arch::StoreEntry(&window.as<u64>()[index], entry);
}

Result<PhysAddr> NewTable() {
  const PhysAddr table = TRY(AllocateFrame(FrameKind::kPageTable));
  Window window(table, Window::kWrite);
  arch::ZeroPage(window.data());
  return table;
}

// The tables from the root to the leaf table of `address`; path[level] is the table at that level.
struct Path {
  PhysAddr table[arch::kMostPageTableLevels];
};

bool Walk(PhysAddr root, u64 address, Path& path) {
  path.table[TopLevel()] = root;
  for (int level = TopLevel(); level > 0; level--) {
    const u64 entry = ReadEntry(path.table[level], Index(address, level));
    if (!arch::IsPresent(entry)) return false;
    path.table[level - 1] = arch::EntryAddress(entry);
  }
  return true;
}

// Where leaf tables were found lately: most pages looked for lie beside one of the last.
struct FoundLeaf {
  PhysAddr root{}, leaf{};
  u64 region = 0;  // the table's part of the address space, in its own size
};
FoundLeaf g_found[16];
constexpr u64 RegionOf(u64 address) { return address >> (kPageBits + 9); }
FoundLeaf& FoundFor(u64 address) { return g_found[(RegionOf(address) ^ RegionOf(address) >> 9) % 16]; }

// Frees the tables of `path` from `level` up that have no entry left. The root stays; so do the kernel's top tables, which the
// program's root shares.
void PruneEmpty(const Path& path, u64 address, int level) {
  for (; level < TopLevel(); level++) {
    if (InfoOf(path.table[level]).entries != 0 || (level == TopLevel() - 1 && IsKernel(address))) return;
    if (level == 0) FoundFor(address) = {};
    WriteEntry(path.table[level + 1], Index(address, level + 1), 0);
    arch::FlushPage({address});  // also drops cached upper entries for it
    ReleaseFrame(path.table[level]);
    if (level + 1 < TopLevel()) InfoOf(path.table[level + 1]).entries--;
  }
}

}  // namespace

Result<PageTables> PageTables::CreateForProgram() {
  const Gate gate;
  PageTables tables(TRY(NewTable()));
  if constexpr (arch::kSharedRoot) {
    Window from(KernelTables().root(), Window::kRead), to(tables.root_, Window::kWrite);
    for (int i = 256; i < 512; i++) to.as<u64>()[i] = from.as<u64>()[i];
    g_program_root = tables.root_;
  }
  return tables;
}

std::optional<PhysAddr> PageTables::FindLeaf(u64 address) const {
  FoundLeaf& found = FoundFor(address);
  if (found.root != root_ || found.region != RegionOf(address)) {
    Path path;
    if (!Walk(root_, address, path)) return std::nullopt;
    found = {root_, path.table[0], RegionOf(address)};
  }
  return found.leaf;
}

Result<PhysAddr> PageTables::FindOrMakeLeaf(u64 address, bool user) {
  FoundLeaf& found = FoundFor(address);
  if (found.root == root_ && found.region == RegionOf(address)) return found.leaf;
  PhysAddr table = root_;
  Path path;
  path.table[TopLevel()] = root_;
  for (int level = TopLevel(); level > 0; level--) {
    const u64 index = Index(address, level);
    u64 entry = ReadEntry(table, index);
    if (!arch::IsPresent(entry)) {
      const Result<PhysAddr> fresh = NewTable();
      if (!fresh.ok()) {
        PruneEmpty(path, address, level);
        return fresh.error();
      }
      entry = arch::MakeTable(fresh.value(), user);
      WriteEntry(table, index, entry);
      if (level < TopLevel()) InfoOf(table).entries++;
      if (arch::kSharedRoot && level == TopLevel() && IsKernel(address) && g_program_root.value != 0)
        WriteEntry(g_program_root, index, entry);
    }
    table = arch::EntryAddress(entry);
    path.table[level - 1] = table;
  }
  found = {root_, table, RegionOf(address)};
  return table;
}

Result<void> PageTables::Map(u64 address, PhysAddr first, PageFlags flags, u64 pages) {
  const Gate gate;
  for (u64 done = 0; done < pages;) {
    const u64 at = address + done * kPageSize, index = Index(at, 0);
    const PhysAddr leaf = TRY(FindOrMakeLeaf(at, flags.user));
    const u64 here = pages - done < 512 - index ? pages - done : 512 - index;
    {
      Window window(leaf, Window::kWrite);
      u64* slots = &window.as<u64>()[index];
      for (u64 i = 0; i < here; i++) {
        if (slots[i] != 0) __builtin_trap();
        arch::StoreEntry(&slots[i], arch::MakeLeaf(first + (done + i) * kPageSize, flags));
      }
      arch::PublishMapping();
    }
    InfoOf(leaf).entries = static_cast<u16>(InfoOf(leaf).entries + here);
    done += here;
  }
  return {};
}

std::optional<PageTables::Entry> PageTables::Lookup(u64 address) const {
  const Gate gate;
  const std::optional<PhysAddr> leaf = FindLeaf(address);
  if (!leaf) return std::nullopt;
  const u64 entry = ReadEntry(*leaf, Index(address, 0));
  if (entry == 0) return std::nullopt;
  return Entry{arch::EntryAddress(entry), arch::EntryFlags(entry)};
}

void PageTables::Replace(u64 address, PhysAddr frame, PageFlags flags) {
  const Gate gate;
  const std::optional<PhysAddr> leaf = FindLeaf(address);
  if (!leaf) __builtin_trap();
  Window window(*leaf, Window::kWrite);
  u64* slot = &window.as<u64>()[Index(address, 0)];
  // Break before make: the old translation is gone everywhere before the new one appears.
  arch::StoreEntry(slot, 0);
  arch::FlushPage({address});
  arch::StoreEntry(slot, arch::MakeLeaf(frame, flags));
  arch::PublishMapping();
}

void PageTables::VisitRaw(u64 begin, u64 end, RawVisitor visit, void* context) {
  const Gate gate;
  for (u64 address = begin; address < end;) {
    Path path;
    path.table[TopLevel()] = root_;
    int level = TopLevel();
    for (; level > 0; level--) {
      const u64 entry = ReadEntry(path.table[level], Index(address, level));
      if (!arch::IsPresent(entry)) break;
      path.table[level - 1] = arch::EntryAddress(entry);
    }
    const u64 next = AlignDown(address, Span(level == 0 ? 1 : level)) + Span(level == 0 ? 1 : level);
    const u64 stop = next < end && next != 0 ? next : end;
    if (level == 0) {
      u32 removed = 0;
      {
        Window window(path.table[0], Window::kWrite);
        u64* slots = window.as<u64>();
        for (u64 page = address; page < stop; page += kPageSize) {
          u64* slot = &slots[Index(page, 0)];
          if (*slot == 0) continue;
          Entry entry{arch::EntryAddress(*slot), arch::EntryFlags(*slot)};
          switch (visit(context, page, entry)) {
            case Verdict::kKeep: break;
            case Verdict::kRemove:
              arch::StoreEntry(slot, 0);
              arch::FlushPage({page});
              removed++;
              break;
            case Verdict::kUpdateFlags:
              arch::StoreEntry(slot, arch::MakeLeaf(entry.frame, entry.flags));
              arch::FlushPage({page});
              break;
          }
        }
      }
      if (removed != 0) {
        InfoOf(path.table[0]).entries = static_cast<u16>(InfoOf(path.table[0]).entries - removed);
        PruneEmpty(path, address, 0);
      }
    }
    address = stop;
  }
}

void PageTables::Destroy() {
  if (g_program_root == root_) g_program_root = {};
  for (FoundLeaf& found : g_found) {
    if (found.root == root_) found = {};
  }
  ReleaseFrame(root_);
  root_ = {};
}

}  // namespace caponier::mm
