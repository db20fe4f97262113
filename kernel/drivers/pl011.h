// Arm's PL011 serial port [pl011], as a console of last resort: polled, output only, as the firmware left it.
#pragma once

#include <cstddef>
#include <string_view>

namespace caponier::drivers {

// `registers` is the device's mapped first page.
void WritePl011(std::byte* registers, std::string_view text);

}  // namespace caponier::drivers
