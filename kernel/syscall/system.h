// What the machine is called.
#pragma once

#include <string_view>

namespace caponier::syscall {

// As the launcher wishes; cut to 64 bytes.
void SetHostName(std::string_view name);
std::string_view HostName();
inline constexpr std::string_view kKernelRelease = "6.1.0-caponier";
inline constexpr std::string_view kKernelVersion = "#1 Caponier";

}  // namespace caponier::syscall
