// Reading a device's port.
#pragma once

#include "lib/base/types.h"

namespace caponier::boot {

inline u8 In8(u16 port) {
  u8 value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

}  // namespace caponier::boot
