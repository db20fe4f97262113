// Numbers and their names in two flat arrays, without a pointer per entry: nothing to relocate when the kernel is moved to its
// random place, and a third of the size.
#pragma once

#include <string_view>

#include "lib/base/types.h"

namespace caponier::linux_abi {

struct NameTable {
  const u32* values;
  const char* names;  // `count` strings, each ended by a NUL
  u32 count;
};

// The table of a list of X(name, value): CAPONIER_ABI_NAME_TABLE(kOpenFlags, CAPONIER_LINUX_OPEN_FLAGS).
#define CAPONIER_ABI_TABLE_VALUE(name, value, ...) static_cast<u32>(value),
#define CAPONIER_ABI_TABLE_NAME(name, ...) #name "\0"
#define CAPONIER_ABI_NAME_TABLE(table, LIST) \
  constexpr u32 table##Values[] = {LIST(CAPONIER_ABI_TABLE_VALUE)}; \
  constexpr NameTable table = {table##Values, LIST(CAPONIER_ABI_TABLE_NAME), sizeof(table##Values) / sizeof(u32)};

// Calls visit(value, name) for each entry, in the order of the list, until it returns true.
template <typename Visit>
constexpr void ForEachName(const NameTable& table, Visit&& visit) {
  const char* name = table.names;
  for (u32 i = 0; i < table.count; i++) {
    std::string_view text(name);
    if (visit(table.values[i], text)) return;
    name += text.size() + 1;
  }
}

// The first name of `value`; empty when it has none.
constexpr std::string_view NameOf(const NameTable& table, u64 value) {
  std::string_view found;
  ForEachName(table, [&](u32 entry, std::string_view name) {
    if (entry == value) found = name;
    return !found.empty();
  });
  return found;
}

}  // namespace caponier::linux_abi
