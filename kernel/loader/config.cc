#include "kernel/loader/config.h"

namespace caponier::loader {
namespace {

Result<u64> ParseDecimal(std::string_view text) {
  if (text.empty()) return Error::kMalformed;
  u64 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || !CheckedMul(value, u64{10}, &value) || !CheckedAdd(value, static_cast<u64>(c - '0'), &value)) {
      return Error::kMalformed;
    }
  }
  return value;
}

Result<bool> ParseFlag(std::string_view text) {
  if (text == "0") return false;
  if (text == "1") return true;
  return Error::kMalformed;
}

Result<bool> ParseChoice(std::string_view text, std::string_view on, std::string_view off) {
  if (text == on) return true;
  if (text == off) return false;
  return Error::kMalformed;
}

Result<mm::WxPolicy> ParseWx(std::string_view text) {
  if (text == "strict") return mm::WxPolicy::kStrict;
  if (text == "allow-jit") return mm::WxPolicy::kAllowJit;
  if (text == "off") return mm::WxPolicy::kOff;
  return Error::kMalformed;
}

Result<void> ParseWindow(std::string_view text, Config& config) {
  const size_t cross = text.find('x');
  if (cross == std::string_view::npos) return Error::kMalformed;
  const u64 rows = TRY(ParseDecimal(text.substr(0, cross))), columns = TRY(ParseDecimal(text.substr(cross + 1)));
  if (rows > 0xffff || columns > 0xffff) return Error::kMalformed;
  config.rows = static_cast<u16>(rows);
  config.columns = static_cast<u16>(columns);
  return {};
}

Result<void> ParseTerminals(std::string_view text, Config& config) {
  for (const char c : text) {
    if (c < '0' || c > '2') return Error::kMalformed;
    config.terminals |= 1u << (c - '0');
  }
  return {};
}

Result<void> ParseRecord(std::string_view key, std::string_view value, MutableBytes config_bytes, Config& config) {
  if (key == "exe") {
    config.executable = value;
  } else if (key == "arg") {
    TRY(config.arguments.Append(value));
  } else if (key == "env") {
    TRY(config.environment.Append(value));
  } else if (key == "workdir") {
    config.working_directory = value;
  } else if (key == "hostname") {
    config.hostname = value;
  } else if (key == "epoch_ns") {
    config.epoch_ns = TRY(ParseDecimal(value));
  } else if (key == "tty") {
    TRY(ParseTerminals(value, config));
  } else if (key == "window") {
    TRY(ParseWindow(value, config));
  } else if (key == "trace") {
    config.trace = TRY(ParseFlag(value));
  } else if (key == "report") {
    config.report = TRY(ParseFlag(value));
  } else if (key == "layout") {
    config.memory.layout = TRY(ParseChoice(value, "scatter", "off")) ? mm::LayoutPolicy::kScatter : mm::LayoutPolicy::kPacked;
  } else if (key == "wx") {
    config.memory.wx = TRY(ParseWx(value));
  } else if (key == "tagging") {
    if (value != "sync" && value != "async" && value != "asymm" && value != "off") return Error::kMalformed;
    config.tagging = value;
  } else if (key == "heap") {
    TRY(ParseChoice(value, "tagged", "libc"));
  } else if (key == "kernel_heap") {
    config.record_kernel_heap = TRY(ParseChoice(value, "record", "plain"));
  } else if (key == "seed") {
    config.seed = config_bytes.subspan(static_cast<size_t>(value.data() - AsText(config_bytes).data()), value.size());
  } else if (key == "collect") {
    const size_t colon = value.find(':');
    if (colon == std::string_view::npos) return Error::kMalformed;
    config.collect_source = value.substr(0, colon);
    config.collect_count = TRY(ParseDecimal(value.substr(colon + 1)));
  } else if (key == "seed_file") {
    config.seed_file = TRY(ParseFlag(value));
  } else {
    return Error::kMalformed;
  }
  return {};
}

}  // namespace

Result<Config> ParseConfig(MutableBytes records, Diagnostics& diagnostics) {
  Config config;
  const std::string_view text = AsText(records);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\0', at);
    if (end == std::string_view::npos) {
      diagnostics.Malformed("the configuration's last record has no end", at);
      return Error::kMalformed;
    }
    const std::string_view record = text.substr(at, end - at);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) {
      diagnostics.Malformed("a configuration record has no '='", at);
      return Error::kMalformed;
    }
    const Result<void> parsed = ParseRecord(record.substr(0, equals), record.substr(equals + 1), records, config);
    if (!parsed.ok()) {
      if (parsed.error() == Error::kMalformed) diagnostics.Malformed("a configuration record is not understood", at);
      return parsed.error();
    }
    at = end + 1;
  }
  if (config.executable.empty() || config.arguments.empty()) {
    diagnostics.Malformed("the configuration names no program", 0);
    return Error::kMalformed;
  }
  return config;
}

}  // namespace caponier::loader
