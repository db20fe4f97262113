// What a kernel wants to know from a flattened device tree, [dt-v0.4].
//
// Open() checks the whole structure once, and every value read afterwards is checked again where it is used: cell counts, lengths,
// sums that wrap. Lists have fixed capacities; a tree with more is refused, not cut. Addresses come back as the processor sees
// them: `ranges` of every bus above a device are applied, and a device behind a bus that does not translate has no registers.
//
// The tree also carries secrets: /chosen/rng-seed and /chosen/kaslr-seed. Take them with chosen(), then WipeSeeds().
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/diagnostics.h"
#include "lib/base/result.h"
#include "lib/fdt/structure.h"

namespace caponier::fdt {

// [linux-arm64-boot] "Setup the device tree": it must not exceed 2 megabytes.
inline constexpr u64 kMaxTreeBytes = 2 * kMiB;
inline constexpr int kMaxDepth = 16;

template <typename T, size_t N>
class List {
 public:
  std::span<const T> items() const { return {storage_.data(), count_}; }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const T& operator[](size_t i) const { return items()[i]; }
  [[nodiscard]] bool Add(const T& item) {
    if (count_ == N) return false;
    storage_[count_++] = item;
    return true;
  }

 private:
  std::array<T, N> storage_ = {};
  size_t count_ = 0;
};

struct Range {
  PhysAddr start;
  u64 size = 0;
  friend bool operator==(const Range&, const Range&) = default;
};
using Ranges = List<Range, 32>;

// An interrupt of an Arm generic interrupt controller, from its binding's three cells [dt-gic].
struct Interrupt {
  u32 id = 0;         // INTID: 16 to 31 private to a processor, 32 and up shared
  bool edge = false;  // else by level
  friend bool operator==(const Interrupt&, const Interrupt&) = default;
};

struct Device {
  std::string_view name;  // with its unit address: "virtio_mmio@a000000"
  List<Range, 8> registers;
  List<Interrupt, 8> interrupts;
};

struct Chosen {
  std::string_view boot_arguments;
  std::optional<Range> initrd;
  Bytes rng_seed;  // empty when absent
  Bytes kaslr_seed;
};

// [psci] chapter 5: the instruction that calls the firmware.
enum class PsciConduit : u8 { kHvc, kSmc };

// [dt-timer]: the order of the timer's interrupts.
struct TimerInterrupts {
  Interrupt secure_physical;
  Interrupt physical;
  Interrupt virtual_timer;
  Interrupt hypervisor;
};

class DeviceTree {
 public:
  // Looks at a tree at the start of `blob`, which starts on a multiple of eight and must outlive this.
  static Result<DeviceTree> Open(Bytes blob, Diagnostics& diagnostics);
  // The bytes that a tree whose header starts `blob` says it has, so that the rest can be mapped.
  static Result<u64> SizeOf(Bytes blob, Diagnostics& diagnostics);

  u64 size() const;

  Result<Ranges> Memory() const;
  // What memory must be left alone: the reservation block and /reserved-memory. The tree itself and the initrd may not be in it.
  Result<Ranges> Reserved() const;
  Result<Chosen> ReadChosen() const;
  Result<u32> CpuCount() const;
  Result<PsciConduit> Psci() const;
  Result<TimerInterrupts> Timer() const;

  // Calls `visit(const Device&)` for each enabled device that is compatible with `name`, in the tree's order.
  template <typename F>
  Result<void> ForEach(std::string_view name, F&& visit) const {
    Cursor cursor;
    while (true) {
      std::optional<Device> device = TRY(NextCompatible(cursor, name));
      if (!device) return {};
      visit(*device);
    }
  }
  // The first of them; kNotFound when there is none.
  Result<Device> Find(std::string_view name) const;

 private:
  // A node and the nodes above it, the root first.
  struct Cursor {
    int node = -1;
    int depth = -1;
    std::array<int, kMaxDepth> path = {};
    int parent() const { return path[static_cast<size_t>(depth - 1)]; }
  };

  DeviceTree(Bytes blob, Diagnostics& diagnostics) : blob_(blob), diagnostics_(&diagnostics) {}
  Error Malformed(std::string_view what, int node) const;
  Result<bool> Next(Cursor& cursor) const;
  Result<std::optional<Device>> NextCompatible(Cursor& cursor, std::string_view name) const;
  Result<void> ReadRegisters(const Cursor& cursor, Device& device) const;
  Result<void> ReadInterrupts(const Cursor& cursor, Device& device) const;
  Result<std::optional<u64>> Translate(const Cursor& cursor, u64 address, u64 size) const;
  Result<void> AddRanges(const Cursor& cursor, Ranges& out) const;
  std::optional<Bytes> Property(int node, std::string_view name) const;
  Result<int> NodeByPhandle(u32 phandle) const;
  std::string_view TextProperty(int node, std::string_view name) const;
  Result<u32> Cells(int node, std::string_view name, u32 fallback) const;
  bool IsCompatible(int node, std::string_view name) const;
  bool IsEnabled(int node) const;

  Bytes blob_;
  Structure structure_;
  Diagnostics* diagnostics_;
  // The node found last by its handle: most devices share one interrupt controller.
  mutable u32 last_phandle_ = 0;
  mutable int last_node_ = Structure::kNone;
};

// Overwrites the seeds of a tree with zeroes where they lie, so that no later reader of memory finds them.
Result<void> WipeSeeds(MutableBytes blob, Diagnostics& diagnostics);

}  // namespace caponier::fdt
