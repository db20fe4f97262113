#include "lib/base/format.h"

namespace caponier {
namespace {

struct Spec {
  bool prefix = false, zero = false, left = false, right = false, hex = false;
  size_t width = 0;
};

Spec ParseSpec(std::string_view text) {
  Spec spec;
  for (char c : text) {
    if (c == '<') {
      spec.left = true;
    } else if (c == '>') {
      spec.right = true;
    } else if (c == '#') {
      spec.prefix = true;
    } else if (c == '0' && spec.width == 0) {
      spec.zero = true;
    } else if (c >= '0' && c <= '9') {
      spec.width = spec.width * 10 + static_cast<size_t>(c - '0');
    } else if (c == 'x') {
      spec.hex = true;
    }
  }
  return spec;
}

void Pad(TextSink& sink, size_t count, char with) {
  for (; count > 0; count--) sink.Write({&with, 1});
}

void WriteNumber(TextSink& sink, const Spec& spec, u64 magnitude, bool negative) {
  char digits[24];
  size_t at = sizeof(digits);
  const u64 base = spec.hex ? 16 : 10;
  do {
    digits[--at] = "0123456789abcdef"[magnitude % base];
    magnitude /= base;
  } while (magnitude != 0);
  const std::string_view body(digits + at, sizeof(digits) - at);
  const std::string_view sign = negative ? "-" : "";
  const std::string_view prefix = spec.prefix && spec.hex ? "0x" : "";
  const size_t length = body.size() + sign.size() + prefix.size();
  const size_t padding = spec.width > length ? spec.width - length : 0;
  if (!spec.zero && !spec.left) Pad(sink, padding, ' ');
  sink.Write(sign);
  sink.Write(prefix);
  if (spec.zero) Pad(sink, padding, '0');
  sink.Write(body);
  if (!spec.zero && spec.left) Pad(sink, padding, ' ');
}

void WriteText(TextSink& sink, const Spec& spec, std::string_view text) {
  const size_t padding = spec.width > text.size() ? spec.width - text.size() : 0;
  if (spec.right) Pad(sink, padding, ' ');
  sink.Write(text);
  if (!spec.right) Pad(sink, padding, ' ');
}

void WriteArgument(TextSink& sink, const Spec& spec, const FormatArgument& argument) {
  switch (argument.kind) {
    case FormatArgument::Kind::kUnsigned: return WriteNumber(sink, spec, argument.number, false);
    case FormatArgument::Kind::kSigned: {
      const bool negative = static_cast<i64>(argument.number) < 0;
      return WriteNumber(sink, spec, negative ? 0 - argument.number : argument.number, negative);
    }
    case FormatArgument::Kind::kText: return WriteText(sink, spec, argument.text);
    case FormatArgument::Kind::kChar: {
      const char c = static_cast<char>(argument.number);
      return WriteText(sink, spec, {&c, 1});
    }
    case FormatArgument::Kind::kBool: return WriteText(sink, spec, argument.number != 0 ? "true" : "false");
  }
}

}  // namespace

void BufferSink::Write(std::string_view text) {
  const size_t fits = text.size() < buffer_.size() - used_ ? text.size() : buffer_.size() - used_;
  __builtin_memcpy(buffer_.data() + used_, text.data(), fits);
  used_ += fits;
  truncated_ = truncated_ || fits < text.size();
}

void FormatTo(TextSink& sink, std::string_view format, std::span<const FormatArgument> arguments) {
  size_t next = 0;
  while (!format.empty()) {
    const size_t brace = format.find_first_of("{}");
    if (brace == std::string_view::npos) return sink.Write(format);
    sink.Write(format.substr(0, brace));
    if (brace + 1 < format.size() && format[brace + 1] == format[brace]) {  // {{ or }}
      sink.Write(format.substr(brace, 1));
      format.remove_prefix(brace + 2);
      continue;
    }
    const size_t end = format.find('}', brace);
    if (end == std::string_view::npos || format[brace] == '}' || next >= arguments.size()) __builtin_trap();
    WriteArgument(sink, ParseSpec(format.substr(brace + 1, end - brace - 1)), arguments[next++]);
    format.remove_prefix(end + 1);
  }
}

}  // namespace caponier
