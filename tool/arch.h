// The two architectures that machines come in.
#pragma once

#include <optional>
#include <string_view>

namespace caponier::tool {

enum class Arch { kX86_64, kAarch64 };

#if defined(__x86_64__)
inline constexpr Arch kHostArch = Arch::kX86_64;
#else
inline constexpr Arch kHostArch = Arch::kAarch64;
#endif

constexpr std::string_view NameOf(Arch arch) { return arch == Arch::kX86_64 ? "x86_64" : "aarch64"; }
constexpr std::string_view MultiarchOf(Arch arch) { return arch == Arch::kX86_64 ? "x86_64-linux-gnu" : "aarch64-linux-gnu"; }
constexpr std::optional<Arch> ArchNamed(std::string_view name) {
  if (name == "x86_64") return Arch::kX86_64;
  if (name == "aarch64") return Arch::kAarch64;
  return std::nullopt;
}

}  // namespace caponier::tool
