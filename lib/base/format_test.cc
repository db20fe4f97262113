#include "lib/base/format.h"

#include <gtest/gtest.h>

namespace caponier {
namespace {

template <typename... Args>
std::string Formatted(std::string_view format, const Args&... args) {
  InlineText<256> text;
  Format(text, format, args...);
  return std::string(text.text());
}

TEST(Format, Integers) {
  EXPECT_EQ(Formatted("{} {} {}", 0, -5, u64{18446744073709551615u}), "0 -5 18446744073709551615");
  EXPECT_EQ(Formatted("{:x} {:#x} {:08x}", 255u, 255u, 255u), "ff 0xff 000000ff");
  EXPECT_EQ(Formatted("[{:5}] [{:<5}]", 42, 42), "[   42] [42   ]");
  EXPECT_EQ(Formatted("{}", i64{-9223372036854775807 - 1}), "-9223372036854775808");
}

TEST(Format, TextAndBraces) {
  EXPECT_EQ(Formatted("{{{}}} [{:<4}] [{:>4}]", "a", "b", "c"), "{a} [b   ] [   c]");
  EXPECT_EQ(Formatted("{} {}", true, 'x'), "true x");
}

TEST(Format, BufferKeepsWhatFits) {
  char storage[4];
  BufferSink sink(storage);
  sink.Write("abc");
  EXPECT_FALSE(sink.truncated());
  sink.Write("de");
  EXPECT_EQ(sink.text(), "abcd");
  EXPECT_TRUE(sink.truncated());
}

}  // namespace
}  // namespace caponier
