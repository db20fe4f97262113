// What a mapping allows. Reading is implied: a page that may not be read is not mapped.
#pragma once

namespace caponier::mm {

struct PageFlags {
  bool write = false;
  bool execute = false;
  bool user = false;
  bool device = false;   // not cached, strictly ordered
  bool tagged = false;   // carries MTE tags
  bool guarded = false;  // branches must land on BTI
  constexpr bool operator==(const PageFlags&) const = default;
};

}  // namespace caponier::mm
