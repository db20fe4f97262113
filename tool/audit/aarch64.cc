// AArch64 stage-1 translation, 4 KiB granule, up to 48 bits [arm-arm] D8.2, D8.3.
#include <algorithm>

#include "tool/audit/walker.h"

namespace caponier::tool::audit {
namespace {

// TCR_EL1 [arm-arm] D17.2.131.
constexpr u64 kTcrHardwareDirty = u64{1} << 40, kTcrDescriptorSize = u64{1} << 59;
struct TcrHalf {
  unsigned size_shift, disable_bit, granule_shift, hierarchy_bit;
  u64 granule_4k;
};
constexpr TcrHalf kLow = {0, 7, 14, 41, 0}, kHigh = {16, 23, 30, 42, 2};

constexpr u64 kSctlrMmu = 1 << 0, kSctlrWriteExecuteNever = 1 << 19;

// Descriptors [arm-arm] D8.3.
constexpr u64 kValid = 1 << 0, kTableOrPage = 1 << 1, kUnprivileged = 1 << 6, kReadOnly = 1 << 7, kDirtyManaged = u64{1} << 51,
              kNoKernelExecute = u64{1} << 53, kNoProgramExecute = u64{1} << 54;
constexpr u64 kTableNoKernelExecute = u64{1} << 59, kTableNoProgramExecute = u64{1} << 60, kTableNoUnprivileged = u64{1} << 61,
              kTableReadOnly = u64{1} << 62;
constexpr u64 kFrame = 0x0000'ffff'ffff'f000;
constexpr int kHighestBlock = 2;  // 1 GiB

struct Rights {
  bool read_only = false, privileged_only = false, no_kernel_execute = false, no_program_execute = false;
};

class ArmWalker {
 public:
  ArmWalker(Walker& walker, const ArmRegisters& registers) : walker_(walker), registers_(registers) {}

  // All under one root. `base` is the half's first address.
  Result<void> VisitHalf(u64 root, const TcrHalf& half, u64 base, u64 bits) {
    hierarchy_ = (registers_.tcr >> half.hierarchy_bit & 1) == 0;
    const int levels = static_cast<int>((bits - kPageBits + kIndexBits - 1) / kIndexBits);
    // A root with fewer than 512 entries is aligned to its own size only; QEMU and this kernel give it a page.
    const u64 entries = u64{1} << (bits - kPageBits - kIndexBits * static_cast<u64>(levels - 1));
    return Visit({.physical = root & kFrame, .address = base, .level = levels - 1}, entries, {}, 0);
  }

 private:
  Result<void> Visit(Table table, u64 entries, Rights above, u64 from) {
    TRY(walker_.Enter(table, from));
    const size_t own = walker_.walk().tables.size() - 1;
    for (u64 i = 0; i < entries; i++) {
      const u64 entry = walker_.Entry(table.physical, i), address = table.address + i * SpanOf(table.level);
      const bool table_or_page = (entry & kTableOrPage) != 0;
      if ((entry & kValid) == 0 || (table.level == 0 && !table_or_page)) continue;
      walker_.walk().tables[own].present++;
      if (table.level > kHighestBlock && !table_or_page)
        return walker_.Malformed("a large page where none can be", table.physical + 8 * i);
      if (table.level == 0 || !table_or_page) {
        AddPage(entry, address, table.level, above);
        continue;
      }
      Rights rights = above;
      if (hierarchy_) {
        rights.read_only |= (entry & kTableReadOnly) != 0;
        rights.privileged_only |= (entry & kTableNoUnprivileged) != 0;
        rights.no_kernel_execute |= (entry & kTableNoKernelExecute) != 0;
        rights.no_program_execute |= (entry & kTableNoProgramExecute) != 0;
      }
      TRY(Visit({.physical = entry & kFrame, .address = address, .level = table.level - 1}, kEntries, rights,
                table.physical + 8 * i));
    }
    return {};
  }

  void AddPage(u64 entry, u64 address, int level, const Rights& above) {
    // A page that hardware makes writable at the first write counts as writable.
    const bool made_writable = (entry & kDirtyManaged) != 0 && (registers_.tcr & kTcrHardwareDirty) != 0;
    const u64 attribute = registers_.mair >> (8 * (entry >> 2 & 7)) & 0xff;
    const bool program = !above.privileged_only && (entry & kUnprivileged) != 0;
    walker_.Add({.address = address,
                 .physical = entry & kFrame & ~(SpanOf(level) - 1),
                 .bytes = SpanOf(level),
                 .write = !above.read_only && ((entry & kReadOnly) == 0 || made_writable),
                 .program = program,
                 .kernel_execute = !above.no_kernel_execute && (entry & kNoKernelExecute) == 0,
                 .program_execute = !above.no_program_execute && (entry & kNoProgramExecute) == 0,
                 .device = (attribute & 0xf0) == 0});
  }

  Walker& walker_;
  const ArmRegisters& registers_;
  bool hierarchy_ = true;
};

}  // namespace

Result<Walk> WalkTables(const MemoryImage& memory, const ArmRegisters& registers, Diagnostics& diagnostics) {
  Walk walk;
  Walker walker(memory, diagnostics, walk);
  if ((registers.sctlr & kSctlrMmu) == 0) return walker.Malformed("the machine does not use page tables", 0);
  if ((registers.tcr & kTcrDescriptorSize) != 0) return walker.Malformed("page tables with 52-bit addresses", 0);
  walk.protections = {{"SCTLR_EL1.WXN", (registers.sctlr & kSctlrWriteExecuteNever) != 0, false}};
  ArmWalker arm(walker, registers);
  for (const TcrHalf* half : {&kLow, &kHigh}) {
    const u64 bits = 64 - (registers.tcr >> half->size_shift & 63);
    if (bits < 25 || bits > 48) return walker.Malformed("an address size that no processor has", 0);
    const bool high = half == &kHigh;
    const u64 base = high ? ~u64{0} << bits : 0;
    (high ? walk.kernel_begin : walk.program_end) = high ? base : u64{1} << bits;
    if ((registers.tcr >> half->disable_bit & 1) != 0) continue;
    if ((registers.tcr >> half->granule_shift & 3) != half->granule_4k)
      return walker.Malformed("page tables with another granule than 4 KiB", 0);
    TRY(arm.VisitHalf(high ? registers.ttbr1 : registers.ttbr0, *half, base, bits));
  }
  return walk;
}

}  // namespace caponier::tool::audit
