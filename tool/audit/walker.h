// What both architectures' walks have in common: tables of up to 512 entries, read once each.
#pragma once

#include <unordered_set>

#include "tool/audit/page_tables.h"

namespace caponier::tool::audit {

inline constexpr u64 kEntries = 512;
inline constexpr u64 kIndexBits = 9;
// Bytes that one entry of a table at `level` serves.
constexpr u64 SpanOf(int level) { return u64{1} << (kPageBits + kIndexBits * static_cast<u64>(level)); }

class Walker {
 public:
  Walker(const MemoryImage& memory, Diagnostics& diagnostics, Walk& walk)
      : memory_(memory), diagnostics_(diagnostics), walk_(walk) {}

  Error Malformed(std::string_view what, u64 physical) const {
    diagnostics_.Malformed(what, physical);
    return Error::kMalformed;
  }
  // Notes a table, found in the entry at `from`, before it is read.
  Result<void> Enter(const Table& table, u64 from) {
    if (!memory_.Holds(table.physical, kPageSize)) return Malformed("an entry leads to a table outside memory", from);
    if (!seen_.insert(table.physical).second) return Malformed("an entry leads to a table that was reached before", from);
    walk_.tables.push_back(table);
    // Frames may be shared, but not by so many.
    constexpr u64 kSharers = 16;
    if (walk_.mappings.size() > kSharers * (memory_.bytes() / kPageSize + kEntries))
      return Malformed("more pages are mapped than memory can account for", from);
    return {};
  }
  // Of a table that was entered.
  u64 Entry(u64 table, u64 index) const { return memory_.Word(table + 8 * index).value_or(0); }
  void Add(const Mapping& mapping) { walk_.mappings.push_back(mapping); }
  Walk& walk() { return walk_; }

 private:
  const MemoryImage& memory_;
  Diagnostics& diagnostics_;
  Walk& walk_;
  std::unordered_set<u64> seen_;
};

}  // namespace caponier::tool::audit
