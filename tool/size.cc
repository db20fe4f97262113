#include "tool/size.h"

#include <fmt/format.h>

#include <charconv>

namespace caponier::tool {

std::optional<u64> ParseSize(std::string_view text) {
  u64 number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  u64 factor = 1;
  if (!unit.empty()) {
    constexpr std::string_view kUnits = "KMGT";
    const size_t power = kUnits.find(static_cast<char>(unit.front() & ~0x20));
    if (unit != "B" && unit != "b") {
      if (power == std::string_view::npos) return std::nullopt;
      factor = u64{1} << (10 * (power + 1));
      unit.remove_prefix(1);
      if (!unit.empty() && unit != "B" && unit != "b" && unit != "iB" && unit != "ib") return std::nullopt;
    }
  }
  u64 bytes = 0;
  if (!CheckedMul(number, factor, &bytes)) return std::nullopt;
  return bytes;
}

std::string SizeText(u64 bytes) {
  if (bytes < kKiB) return fmt::format("{} bytes", bytes);
  u64 unit = kKiB;
  size_t name = 0;
  while (bytes / unit >= 1024 && name < 2) {
    unit *= 1024;
    name++;
  }
  const u64 tenths = (bytes / unit) * 10 + ((bytes % unit) * 10 + unit - 1) / unit;
  constexpr const char* kNames[] = {"KiB", "MiB", "GiB"};
  if (tenths % 10 == 0) return fmt::format("{} {}", tenths / 10, kNames[name]);
  return fmt::format("{}.{} {}", tenths / 10, tenths % 10, kNames[name]);
}

}  // namespace caponier::tool
