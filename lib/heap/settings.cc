#include "lib/heap/settings.h"

#include <bit>
#include <optional>

namespace caponier::heap {
namespace {

constexpr std::string_view kOptions =
    "tagging=sync|async|asymm|off, scope=auto|small|all, zero=on|off, check=auto|on|off, canary=on|off, shuffle=on|off, "
    "quarantine=0..128, sample=0..2^32, record=off|on|1..64, reuse=on|off, arena=256M..64T";

std::optional<bool> ReadSwitch(std::string_view value) {
  if (value == "on") return true;
  if (value == "off") return false;
  return std::nullopt;
}

// Digits, and with `units` one of K, M, G, T behind them.
std::optional<u64> ReadNumber(std::string_view value, bool units) {
  u64 shift = 0;
  if (units && !value.empty()) {
    if (const size_t unit = std::string_view("KMGT").find(value.back()); unit != std::string_view::npos) {
      shift = 10 * (unit + 1);
      value.remove_suffix(1);
    }
  }
  if (value.empty()) return std::nullopt;
  u64 number = 0;
  for (const char digit : value) {
    if (digit < '0' || digit > '9' || !CheckedMul(number, u64{10}, &number) || !CheckedAdd(number, u64(digit - '0'), &number))
      return std::nullopt;
  }
  if (shift != 0 && number >> (64 - shift) != 0) return std::nullopt;
  return number << shift;
}

bool ReadInto(std::optional<bool> read, bool* setting) {
  if (read) *setting = *read;
  return read.has_value();
}

template <typename T>
bool ReadInto(std::optional<u64> read, u64 least, u64 most, T* setting) {
  if (!read || *read < least || *read > most) return false;
  *setting = static_cast<T>(*read);
  return true;
}

template <typename T, size_t N>
bool ReadName(std::string_view value, const std::string_view (&names)[N], T* setting) {
  for (size_t i = 0; i < N; i++) {
    if (value != names[i]) continue;
    *setting = static_cast<T>(i);
    return true;
  }
  return false;
}

// What the option takes when `value` is not it; empty when all is well.
std::string_view ReadOption(std::string_view name, std::string_view value, Settings* settings) {
  static constexpr std::string_view kTaggings[] = {"off", "async", "sync", "asymm"};
  static constexpr std::string_view kScopes[] = {"small", "all", "auto"};
  static constexpr std::string_view kChecks[] = {"off", "on", "auto"};
  const auto unless = [](bool well, std::string_view expected) { return well ? std::string_view() : expected; };
  if (name == "tagging") return unless(ReadName(value, kTaggings, &settings->tagging), "sync, async, asymm or off");
  if (name == "scope") return unless(ReadName(value, kScopes, &settings->scope), "auto, small or all");
  if (name == "zero") return unless(ReadInto(ReadSwitch(value), &settings->zero), "on or off");
  if (name == "check") return unless(ReadName(value, kChecks, &settings->check), "auto, on or off");
  if (name == "canary") return unless(ReadInto(ReadSwitch(value), &settings->canary), "on or off");
  if (name == "shuffle") return unless(ReadInto(ReadSwitch(value), &settings->shuffle), "on or off");
  if (name == "reuse") return unless(ReadInto(ReadSwitch(value), &settings->reuse), "on or off");
  if (name == "quarantine")
    return unless(ReadInto(ReadNumber(value, false), 0, Settings::kMaxQuarantine, &settings->quarantine),
                  "a number from 0 to 128");
  if (name == "sample")
    return unless(ReadInto(ReadNumber(value, false), 0, u64{1} << 32, &settings->sample), "a number up to 2^32");
  if (name == "record") {
    if (const auto record = ReadSwitch(value)) {
      settings->record = *record ? Settings::kUsualRecord : 0;
      return {};
    }
    return unless(ReadInto(ReadNumber(value, false), 1, Settings::kMaxRecord, &settings->record),
                  "on, off or a number from 1 to 64");
  }
  if (name == "arena") {
    const bool well =
        ReadInto(ReadNumber(value, true), Settings::kMinArenaBytes, Settings::kMaxArenaBytes, &settings->arena_bytes);
    return unless(well && std::has_single_bit(settings->arena_bytes), "a power of two from 256M to 64T");
  }
  return kOptions;
}

}  // namespace

bool ReadSettings(std::string_view text, Settings* settings, SettingsError* error) {
  while (!text.empty()) {
    std::string_view word = text;
    if (const size_t comma = text.find(','); comma != std::string_view::npos) {
      word.remove_suffix(text.size() - comma);
      text.remove_prefix(comma + 1);
    } else {
      text = {};
    }
    std::string_view name = word, value = word, expected = kOptions;
    if (const size_t equals = word.find('='); equals != std::string_view::npos) {
      name.remove_suffix(word.size() - equals);
      value.remove_prefix(equals + 1);
      expected = ReadOption(name, value, settings);
    }
    if (expected.empty()) continue;
    *error = {word, expected};
    return false;
  }
  return true;
}

}  // namespace caponier::heap
