#include "tool/failure.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace caponier::tool {
namespace {

TEST(Failure, PrintableDrivesNoTerminal) {
  EXPECT_EQ(Printable("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(Printable("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");  // sound UTF-8 stays
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b");                    // a control character in two bytes
  EXPECT_EQ(Printable("\x9b"), "\\x9b");                             // the same in one
  EXPECT_EQ(Printable("\xff\xc3"), "\\xff\\xc3");                    // no UTF-8, and cut off
  EXPECT_EQ(Printable("\xc0\xaf"), "\\xc0\\xaf");                    // longer than need be
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond the last character
}

TEST(Failure, WordsAreThePartOfASentence) { EXPECT_EQ(WordsFor(ENOTDIR), "not a directory"); }

}  // namespace
}  // namespace caponier::tool
