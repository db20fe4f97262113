#include "lib/fdt/device_tree.h"

#include <algorithm>
#include <cstring>

#include "lib/fdt/cells.h"

namespace caponier::fdt {

Error DeviceTree::Malformed(std::string_view what, int node) const {
  diagnostics_->Malformed(what, node < 0 ? 0 : static_cast<u64>(node));
  return Error::kMalformed;
}

Result<u64> DeviceTree::SizeOf(Bytes blob, Diagnostics& diagnostics) {
  auto malformed = [&](std::string_view what) {
    diagnostics.Malformed(what, 0);
    return Error::kMalformed;
  };
  Header header;
  if (blob.size() < sizeof(header)) return malformed("the device tree is cut short");
  if (!IsAligned(reinterpret_cast<uintptr_t>(blob.data()), 8)) return malformed("the device tree is not aligned");
  __builtin_memcpy(&header, blob.data(), sizeof(header));
  if (header.magic != kMagic) return malformed("not a device tree: its magic number is wrong");
  const u64 size = header.total_size;
  if (size < sizeof(header)) return malformed("the device tree is cut short");
  if (size > kMaxTreeBytes) return malformed("the device tree is larger than 2 MiB");
  return size;
}

Result<DeviceTree> DeviceTree::Open(Bytes blob, Diagnostics& diagnostics) {
  const u64 size = TRY(SizeOf(blob, diagnostics));
  DeviceTree tree(blob.first(std::min<u64>(size, blob.size())), diagnostics);
  if (size > blob.size()) return tree.Malformed("the device tree is cut short", 0);
  if (const auto wrong = tree.structure_.Check(tree.blob_)) return tree.Malformed(*wrong, 0);
  return tree;
}

u64 DeviceTree::size() const { return blob_.size(); }

std::optional<Bytes> DeviceTree::Property(int node, std::string_view name) const { return structure_.Property(node, name); }

std::string_view DeviceTree::TextProperty(int node, std::string_view name) const {
  std::string_view text = AsText(Property(node, name).value_or(Bytes()));
  return text.substr(0, text.find('\0'));
}

// #address-cells and its kin: how many 32-bit words a number takes.
Result<u32> DeviceTree::Cells(int node, std::string_view name, u32 fallback) const {
  auto value = Property(node, name);
  if (!value) return fallback;
  auto cells = ReadCells(*value, 1);
  if (value->size() != 4 || !cells || *cells > 4) return Malformed("a device tree node has a wrong number of cells", node);
  return static_cast<u32>(*cells);
}

// [dt-v0.4] 2.3.1: a list of strings.
bool DeviceTree::IsCompatible(int node, std::string_view name) const {
  std::string_view list = AsText(Property(node, "compatible").value_or(Bytes()));
  while (!list.empty()) {
    std::string_view item = list.substr(0, list.find('\0'));
    if (item == name) return true;
    list.remove_prefix(item.size() == list.size() ? item.size() : item.size() + 1);
  }
  return false;
}

bool DeviceTree::IsEnabled(int node) const {
  std::string_view status = TextProperty(node, "status");
  return status.empty() || status == "okay" || status == "ok";
}

Result<bool> DeviceTree::Next(Cursor& cursor) const {
  const int node = structure_.Next(cursor.node, cursor.depth);
  if (node == Structure::kNone) return false;
  if (cursor.depth >= kMaxDepth) return Malformed("the device tree is too deep", node);
  cursor.node = node;
  cursor.path[static_cast<size_t>(cursor.depth)] = node;
  return true;
}

Result<std::optional<Device>> DeviceTree::NextCompatible(Cursor& cursor, std::string_view name) const {
  while (TRY(Next(cursor))) {
    if (cursor.depth == 0 || !IsCompatible(cursor.node, name) || !IsEnabled(cursor.node)) continue;
    Device device;
    device.name = structure_.Name(cursor.node);
    TRY(ReadRegisters(cursor, device));
    TRY(ReadInterrupts(cursor, device));
    return std::optional<Device>(device);
  }
  return std::optional<Device>{};
}

Result<Device> DeviceTree::Find(std::string_view name) const {
  Cursor cursor;
  std::optional<Device> device = TRY(NextCompatible(cursor, name));
  if (!device) return Error::kNotFound;
  return *device;
}

Result<Ranges> DeviceTree::Memory() const {
  Ranges out;
  Cursor cursor;
  while (TRY(Next(cursor))) {
    if (cursor.depth != 1 || TextProperty(cursor.node, "device_type") != "memory" || !IsEnabled(cursor.node)) continue;
    TRY(AddRanges(cursor, out));
  }
  if (out.empty()) return Malformed("the device tree describes no memory", 0);
  return out;
}

Result<Ranges> DeviceTree::Reserved() const {
  Ranges out;
  for (size_t i = 0; const auto entry = structure_.ReservationAt(i); i++) {
    if (entry->size == 0) continue;
    u64 end;
    if (!CheckedAdd(entry->start, entry->size, &end)) return Malformed("a memory reservation wraps", 0);
    if (!out.Add({PhysAddr{entry->start}, entry->size})) return Malformed("too many memory reservations", 0);
  }
  Cursor cursor;
  while (TRY(Next(cursor))) {
    if (cursor.depth != 2 || !IsEnabled(cursor.node)) continue;
    if (structure_.Name(cursor.parent()) != "reserved-memory") continue;
    TRY(AddRanges(cursor, out));
  }
  return out;
}

Result<Chosen> DeviceTree::ReadChosen() const {
  Chosen chosen;
  Cursor cursor;
  do {
    if (!TRY(Next(cursor))) return chosen;
  } while (cursor.depth != 1 || structure_.Name(cursor.node) != "chosen");
  const int node = cursor.node;
  chosen.boot_arguments = TextProperty(node, "bootargs");
  chosen.rng_seed = Property(node, "rng-seed").value_or(Bytes());
  chosen.kaslr_seed = Property(node, "kaslr-seed").value_or(Bytes());
  auto start = Property(node, "linux,initrd-start");
  auto end = Property(node, "linux,initrd-end");
  if (start.has_value() != end.has_value()) return Malformed("the initrd has a start or an end, not both", node);
  if (start) {
    // One or two cells, as their writer liked.
    auto first = ReadCells(*start, start->size() / 4);
    auto last = ReadCells(*end, end->size() / 4);
    if (!first || !last || start->size() % 4 != 0 || end->size() % 4 != 0)
      return Malformed("the initrd's addresses are broken", node);
    if (*last < *first) return Malformed("the initrd ends before it starts", node);
    if (*last != *first) chosen.initrd = Range{PhysAddr{*first}, *last - *first};
  }
  return chosen;
}

Result<u32> DeviceTree::CpuCount() const {
  u32 count = 0;
  Cursor cursor;
  while (TRY(Next(cursor))) {
    if (cursor.depth != 2 || TextProperty(cursor.node, "device_type") != "cpu" || !IsEnabled(cursor.node)) continue;
    if (structure_.Name(cursor.parent()) == "cpus") count++;
  }
  if (count == 0) return Malformed("the device tree describes no processor", 0);
  return count;
}

Result<PsciConduit> DeviceTree::Psci() const {
  Cursor cursor;
  while (TRY(Next(cursor))) {
    // 0.1 has other function numbers and is not asked for.
    if (!IsCompatible(cursor.node, "arm,psci-1.0") && !IsCompatible(cursor.node, "arm,psci-0.2")) continue;
    std::string_view method = TextProperty(cursor.node, "method");
    if (method == "hvc") return PsciConduit::kHvc;
    if (method == "smc") return PsciConduit::kSmc;
    return Malformed("the firmware's calling method is neither hvc nor smc", cursor.node);
  }
  return Error::kNotFound;
}

Result<TimerInterrupts> DeviceTree::Timer() const {
  Device timer = TRY(Find("arm,armv8-timer"));
  if (timer.interrupts.size() < 4) return Malformed("the processor's timer lacks interrupts", 0);
  return TimerInterrupts{timer.interrupts[0], timer.interrupts[1], timer.interrupts[2], timer.interrupts[3]};
}

Result<void> WipeSeeds(MutableBytes blob, Diagnostics& diagnostics) {
  DeviceTree tree = TRY(DeviceTree::Open(blob, diagnostics));
  Chosen chosen = TRY(tree.ReadChosen());
  for (Bytes seed : {chosen.rng_seed, chosen.kaslr_seed}) {
    if (seed.empty()) continue;
    SecureWipe(blob.subspan(static_cast<size_t>(seed.data() - blob.data()), seed.size()));
  }
  return {};
}

}  // namespace caponier::fdt
