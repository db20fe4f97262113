#include "tool/pack/config.h"

#include <fmt/format.h>

#include "tool/failure.h"

namespace caponier::tool {

std::string EncodeConfig(const GuestConfig& config) {
  std::string out;
  const auto put = [&](std::string_view key, std::string_view value) {
    if (value.find('\0') != std::string_view::npos) throw Failure(fmt::format("the configuration's {} holds a NUL byte", key));
    out += key;
    out += '=';
    out += value;
    out += '\0';
  };
  const auto put_level = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) put(key, value);
  };
  put("exe", config.exe);
  for (const std::string& argument : config.arguments) put("arg", argument);
  for (const std::string& variable : config.environment) put("env", variable);
  put("workdir", config.workdir);
  put("epoch_ns", std::to_string(config.epoch_ns));
  put("tty", config.tty);
  if (config.window.has_value()) {
    put("window", fmt::format("{}x{}", static_cast<u16>(config.window->rows), static_cast<u16>(config.window->columns)));
  }
  put("trace", config.trace ? "1" : "0");
  put("report", config.report ? "1" : "0");
  put("hostname", config.hostname);
  put_level("layout", config.layout);
  put_level("wx", config.wx);
  put_level("tagging", config.tagging);
  put_level("heap", config.heap);
  put_level("kernel_heap", config.kernel_heap);
  put_level("seed", config.seed_hex);
  put_level("collect", config.collect);
  if (config.seed_file) put("seed_file", "1");
  return out;
}

}  // namespace caponier::tool
