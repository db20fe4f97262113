// `reg`, `ranges` and `interrupts`: the properties whose shape depends on other nodes.
#include <limits>

#include "lib/fdt/cells.h"
#include "lib/fdt/device_tree.h"

namespace caponier::fdt {
namespace {

// [dt-v0.4] 2.3.5: what #address-cells and #size-cells are when absent.
constexpr u32 kDefaultAddressCells = 2;
constexpr u32 kDefaultSizeCells = 1;

// [dt-gic]: the first cell's kinds, the offsets of their numbers, and the third cell's triggers.
constexpr u32 kGicCells = 3;
constexpr u32 kGicShared = 0;
constexpr u32 kGicPrivate = 1;
constexpr u32 kSharedBase = 32;
constexpr u32 kSharedCount = 988;
constexpr u32 kPrivateBase = 16;
constexpr u32 kPrivateCount = 16;
constexpr u32 kTriggerMask = 0xf;
constexpr u32 kTriggerRising = 1;
constexpr u32 kTriggerFalling = 2;

}  // namespace

// Carries an address on the bus of cursor.parent() up to the root's. Nothing when a bus does not pass it on.
Result<std::optional<u64>> DeviceTree::Translate(const Cursor& cursor, u64 address, u64 size) const {
  for (int depth = cursor.depth - 1; depth > 0; depth--) {
    const int bus = cursor.path[static_cast<size_t>(depth)];
    const int above = cursor.path[static_cast<size_t>(depth - 1)];
    auto ranges = Property(bus, "ranges");
    if (!ranges) return std::optional<u64>{};
    if (ranges->empty()) continue;  // the same addresses
    const u32 child_cells = TRY(Cells(bus, "#address-cells", kDefaultAddressCells));
    const u32 parent_cells = TRY(Cells(above, "#address-cells", kDefaultAddressCells));
    const u32 size_cells = TRY(Cells(bus, "#size-cells", kDefaultSizeCells));
    const size_t entry = size_t{4} * (child_cells + parent_cells + size_cells);
    if (entry == 0 || ranges->size() % entry != 0) return Malformed("a bus's ranges are broken", bus);
    if (child_cells > 2 || parent_cells > 2 || size_cells > 2) return std::optional<u64>{};  // PCI: not for memory-mapped devices
    bool found = false;
    for (Bytes rest = *ranges; !rest.empty() && !found; rest = rest.subspan(entry)) {
      auto from = ReadCells(rest, child_cells);
      auto to = ReadCells(rest.subspan(size_t{4} * child_cells), parent_cells);
      auto length = ReadCells(rest.subspan(size_t{4} * (child_cells + parent_cells)), size_cells);
      if (!from || !to || !length) return Malformed("a bus's ranges are broken", bus);
      if (address < *from || address - *from > *length || size > *length - (address - *from)) continue;
      u64 translated;
      if (!CheckedAdd(*to, address - *from, &translated)) return Malformed("a bus's ranges wrap", bus);
      address = translated;
      found = true;
    }
    if (!found) return std::optional<u64>{};
  }
  return std::optional<u64>(address);
}

Result<void> DeviceTree::ReadRegisters(const Cursor& cursor, Device& device) const {
  auto reg = Property(cursor.node, "reg");
  if (!reg) return {};
  const u32 address_cells = TRY(Cells(cursor.parent(), "#address-cells", kDefaultAddressCells));
  const u32 size_cells = TRY(Cells(cursor.parent(), "#size-cells", kDefaultSizeCells));
  const size_t entry = size_t{4} * (address_cells + size_cells);
  if (entry == 0 || reg->size() % entry != 0) return Malformed("a device's registers are broken", cursor.node);
  if (address_cells == 0 || address_cells > 2 || size_cells == 0 || size_cells > 2) return {};  // no range of memory
  for (Bytes rest = *reg; !rest.empty(); rest = rest.subspan(entry)) {
    const u64 address = *ReadCells(rest, address_cells);
    const u64 size = *ReadCells(rest.subspan(size_t{4} * address_cells), size_cells);
    std::optional<u64> start = TRY(Translate(cursor, address, size));
    if (!start) continue;
    u64 end;
    if (!CheckedAdd(*start, size, &end)) return Malformed("a device's registers wrap", cursor.node);
    if (!device.registers.Add({PhysAddr{*start}, size})) return Malformed("a device has too many registers", cursor.node);
  }
  return {};
}

Result<void> DeviceTree::AddRanges(const Cursor& cursor, Ranges& out) const {
  Device device;
  TRY(ReadRegisters(cursor, device));
  for (const Range& range : device.registers.items()) {
    if (range.size == 0) continue;
    if (!out.Add(range)) return Malformed("too many ranges of memory", cursor.node);
  }
  return {};
}

// [dt-v0.4] 2.3.3.
Result<int> DeviceTree::NodeByPhandle(u32 phandle) const {
  if (last_node_ != Structure::kNone && last_phandle_ == phandle) return last_node_;
  Cursor cursor;
  while (TRY(Next(cursor))) {
    auto value = Property(cursor.node, "phandle");
    if (!value || ReadCells(*value, 1) != phandle) continue;
    last_phandle_ = phandle;
    last_node_ = cursor.node;
    return cursor.node;
  }
  return Error::kNotFound;
}

Result<void> DeviceTree::ReadInterrupts(const Cursor& cursor, Device& device) const {
  auto list = Property(cursor.node, "interrupts");
  if (!list) return {};
  // [dt-v0.4] 2.4.1: the controller is named by the node or by the nearest above it that names one.
  std::optional<u64> phandle;
  for (int depth = cursor.depth; depth >= 0 && !phandle; depth--) {
    auto value = Property(cursor.path[static_cast<size_t>(depth)], "interrupt-parent");
    if (value) phandle = ReadCells(*value, 1);
  }
  if (!phandle) return Malformed("a device's interrupts have no controller", cursor.node);
  const Result<int> controller = NodeByPhandle(static_cast<u32>(*phandle));
  if (!controller.ok()) return Malformed("a device's interrupt controller does not exist", cursor.node);
  if (TRY(Cells(controller.value(), "#interrupt-cells", 0)) != kGicCells) return {};  // not the processor's own controller
  constexpr size_t kEntry = 4 * kGicCells;
  if (list->size() % kEntry != 0) return Malformed("a device's interrupts are broken", cursor.node);
  for (Bytes rest = *list; !rest.empty(); rest = rest.subspan(kEntry)) {
    const u64 kind = *ReadCells(rest, 1);
    const u64 number = *ReadCells(rest.subspan(4), 1);
    const u64 trigger = *ReadCells(rest.subspan(8), 1) & kTriggerMask;
    Interrupt interrupt;
    if (kind == kGicShared && number < kSharedCount) {
      interrupt.id = static_cast<u32>(number) + kSharedBase;
    } else if (kind == kGicPrivate && number < kPrivateCount) {
      interrupt.id = static_cast<u32>(number) + kPrivateBase;
    } else {
      return Malformed("a device's interrupt has an unknown kind or number", cursor.node);
    }
    interrupt.edge = (trigger & (kTriggerRising | kTriggerFalling)) != 0;
    if (!device.interrupts.Add(interrupt)) return Malformed("a device has too many interrupts", cursor.node);
  }
  return {};
}

}  // namespace caponier::fdt
