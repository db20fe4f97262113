// Text out of values, without allocation or locale: Format(sink, "{} of {:#x}", a, b). A small subset of std::format:
// {} {:x} {:#x} {:016x} {:5} {:<12} for integers, {} {:<N} {:>N} for strings, bool and char. A malformed format traps in tests.
#pragma once

#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>

#include "lib/base/types.h"

namespace caponier {

class TextSink {
 public:
  virtual void Write(std::string_view text) = 0;

 protected:
  ~TextSink() = default;
};

// Fills a buffer, then drops the rest; text() is what fitted.
class BufferSink final : public TextSink {
 public:
  explicit BufferSink(std::span<char> buffer) : buffer_(buffer) {}
  void Write(std::string_view text) override;
  std::string_view text() const { return {buffer_.data(), used_}; }
  bool truncated() const { return truncated_; }
  void Clear() {
    used_ = 0;
    truncated_ = false;
  }

 private:
  std::span<char> buffer_;
  size_t used_ = 0;
  bool truncated_ = false;
};

template <size_t N>
class InlineText final : public TextSink {
 public:
  InlineText() = default;
  InlineText(const InlineText&) = delete;  // the sink points into it
  InlineText& operator=(const InlineText&) = delete;
  void Write(std::string_view text) override { sink_.Write(text); }
  std::string_view text() const { return sink_.text(); }
  operator std::string_view() const { return text(); }
  void Clear() { sink_.Clear(); }

 private:
  char storage_[N];
  BufferSink sink_{storage_};
};

struct FormatArgument {
  enum class Kind : u8 { kUnsigned, kSigned, kText, kChar, kBool } kind;
  u64 number = 0;
  std::string_view text;

  template <typename T>
  static FormatArgument Of(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      return {Kind::kBool, value, {}};
    } else if constexpr (std::is_same_v<T, char>) {
      return {Kind::kChar, static_cast<u64>(static_cast<unsigned char>(value)), {}};
    } else if constexpr (std::is_enum_v<T>) {
      return {Kind::kUnsigned, static_cast<u64>(value), {}};
    } else if constexpr (std::signed_integral<T>) {
      return {Kind::kSigned, static_cast<u64>(static_cast<i64>(value)), {}};
    } else if constexpr (std::unsigned_integral<T>) {
      return {Kind::kUnsigned, value, {}};
    } else {
      return {Kind::kText, 0, std::string_view(value)};
    }
  }
};

void FormatTo(TextSink& sink, std::string_view format, std::span<const FormatArgument> arguments);

template <typename... Args>
void Format(TextSink& sink, std::string_view format, const Args&... args) {
  const FormatArgument list[] = {FormatArgument::Of(args)..., FormatArgument{FormatArgument::Kind::kBool, 0, {}}};
  FormatTo(sink, format, std::span(list, sizeof...(args)));
}

}  // namespace caponier
