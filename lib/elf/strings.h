// NUL-terminated names in a table that nobody vouches for.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/bytes.h"

namespace caponier::elf {

// The name that starts at `offset` of a string table; nothing when it starts or ends outside.
inline std::optional<std::string_view> NameAt(Bytes table, u64 offset) {
  if (offset >= table.size()) return std::nullopt;
  std::string_view rest = AsText(table.subspan(offset));
  size_t length = rest.find('\0');
  if (length == std::string_view::npos) return std::nullopt;
  return rest.substr(0, length);
}

}  // namespace caponier::elf
