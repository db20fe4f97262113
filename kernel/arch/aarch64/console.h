// The panic console's place: stage 1 and the kernel's first steps reach the serial port at its physical address, later it has a
// region of its own.
#pragma once

#include "lib/base/result.h"
#include "lib/base/types.h"

namespace caponier::arch {

void SetConsole(std::byte* registers);  // null: none
Result<void> MapConsole();

}  // namespace caponier::arch
