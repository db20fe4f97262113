// x86-64 paging in long mode, four or five levels [intel-sdm] vol. 3A 4.5.
#include "tool/audit/walker.h"

namespace caponier::tool::audit {
namespace {

constexpr u64 kPresent = 1, kWrite = 1 << 1, kUser = 1 << 2, kWriteThrough = 1 << 3, kCacheDisable = 1 << 4, kLarge = 1 << 7,
              kExecuteDisable = u64{1} << 63;
constexpr u64 kFrame = 0x000f'ffff'ffff'f000;
constexpr u64 kCr0WriteProtect = 1 << 16, kCr0Paging = u64{1} << 31;
constexpr u64 kCr4Smep = 1 << 20, kCr4Smap = 1 << 21;
constexpr u64 kEferLongActive = 1 << 10, kEferExecuteDisable = 1 << 11;
constexpr int kHighestLarge = 2;  // 1 GiB

struct Rights {
  bool write = true, user = true, execute_disable = false;
};

class X86Walker {
 public:
  X86Walker(Walker& walker, const X86Registers& registers)
      : walker_(walker), levels_(registers.levels()), execute_disable_((registers.efer & kEferExecuteDisable) != 0) {}

  int levels() const { return levels_; }

  Result<void> Visit(Table table, Rights above, u64 from) {
    TRY(walker_.Enter(table, from));
    const size_t own = walker_.walk().tables.size() - 1;
    for (u64 i = 0; i < kEntries; i++) {
      const u64 entry = walker_.Entry(table.physical, i), address = Extended(table.address + i * SpanOf(table.level));
      if ((entry & kPresent) == 0) continue;
      walker_.walk().tables[own].present++;
      const Rights rights{.write = above.write && (entry & kWrite) != 0,
                          .user = above.user && (entry & kUser) != 0,
                          .execute_disable = above.execute_disable || (execute_disable_ && (entry & kExecuteDisable) != 0)};
      const bool large = table.level > 0 && (entry & kLarge) != 0;
      if (large && table.level > kHighestLarge)
        return walker_.Malformed("a large page where none can be", table.physical + 8 * i);
      if (table.level == 0 || large) {
        const bool execute = !rights.execute_disable;
        walker_.Add({.address = address,
                     .physical = entry & kFrame & ~(SpanOf(table.level) - 1),
                     .bytes = SpanOf(table.level),
                     .write = rights.write,
                     .program = rights.user,
                     .kernel_execute = execute,
                     .program_execute = execute && rights.user,
                     .device = (entry & (kCacheDisable | kWriteThrough)) != 0});
      } else {
        TRY(Visit({.physical = entry & kFrame, .address = address, .level = table.level - 1}, rights, table.physical + 8 * i));
      }
    }
    return {};
  }

  // The highest bit that is translated is repeated above it.
  u64 Extended(u64 address) const {
    const int unused = 64 - static_cast<int>(kPageBits) - 9 * levels_;
    return static_cast<u64>(static_cast<i64>(address << unused) >> unused);
  }

 private:
  Walker& walker_;
  int levels_;
  bool execute_disable_;
};

}  // namespace

Result<Walk> WalkTables(const MemoryImage& memory, const X86Registers& registers, Diagnostics& diagnostics) {
  Walk walk;
  Walker walker(memory, diagnostics, walk);
  if ((registers.cr0 & kCr0Paging) == 0 || (registers.efer & kEferLongActive) == 0)
    return walker.Malformed("the machine does not use page tables of long mode", 0);
  X86Walker x86(walker, registers);
  walk.kernel_begin = x86.Extended(SpanOf(x86.levels() - 1) * (kEntries / 2));
  walk.program_end = ~walk.kernel_begin + 1;
  walk.protections = {{"CR0.WP", (registers.cr0 & kCr0WriteProtect) != 0, true},
                      {"EFER.NXE", (registers.efer & kEferExecuteDisable) != 0, true},
                      {"CR4.SMEP", (registers.cr4 & kCr4Smep) != 0, false},
                      {"CR4.SMAP", (registers.cr4 & kCr4Smap) != 0, false}};
  TRY(x86.Visit({.physical = registers.cr3 & kFrame, .address = 0, .level = x86.levels() - 1}, {}, 0));
  return walk;
}

}  // namespace caponier::tool::audit
