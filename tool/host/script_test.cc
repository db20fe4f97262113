#include "tool/host/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace caponier::tool {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ScriptLine, TakesInterpreterAndOneArgument) {
  const auto plain = ParseScriptLine("#!/bin/sh\necho\n");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->interpreter, "/bin/sh");
  EXPECT_THAT(plain->arguments, IsEmpty());
  const auto spaced = ParseScriptLine("#! \t/usr/bin/perl -w -T  \nx");
  ASSERT_TRUE(spaced.has_value());
  EXPECT_EQ(spaced->interpreter, "/usr/bin/perl");
  EXPECT_THAT(spaced->arguments, ElementsAre("-w -T"));
}

TEST(ScriptLine, SeesThroughEnv) {
  const auto plain = ParseScriptLine("#!/usr/bin/env python3\n");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->interpreter, "python3");
  const auto split = ParseScriptLine("#!/usr/bin/env -S python3 -u  -B\n");
  ASSERT_TRUE(split.has_value());
  EXPECT_EQ(split->interpreter, "python3");
  EXPECT_THAT(split->arguments, ElementsAre("-u", "-B"));
}

TEST(ScriptLine, RefusesTheRest) {
  for (const std::string_view text : {"", "#", "#!", "#!\n/bin/sh", "#!   \n", "echo",
                                      "\x7f"
                                      "ELF",
                                      "#!/usr/bin/env\n", "#!/usr/bin/env -i sh\n"}) {
    EXPECT_FALSE(ParseScriptLine(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseScriptLine(std::string_view("#!/bin/s\0h\n", 11)).has_value());
}

TEST(ScriptLine, EndsWithTheFirstBytes) {
  const auto cut = ParseScriptLine("#!/bin/sh" + std::string(400, 'x'));
  ASSERT_TRUE(cut.has_value());
  EXPECT_EQ(cut->interpreter.size(), kScriptLineBytes - 2);
}

}  // namespace
}  // namespace caponier::tool
