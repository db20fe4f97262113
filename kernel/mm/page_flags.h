// What a mapping allows.
#pragma once

namespace caponier::mm {

struct PageFlags {
  bool read = true;  // false: the entry keeps the frame, and every access faults (PROT_NONE)
  bool write = false;
  bool execute = false;
  bool user = false;
  bool device = false;   // not cached, strictly ordered
  bool tagged = false;   // carries MTE tags
  bool guarded = false;  // branches must land on BTI
  constexpr bool operator==(const PageFlags&) const = default;
};

}  // namespace caponier::mm
